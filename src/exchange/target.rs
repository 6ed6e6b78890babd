//! The target URL and who may be a target without a profile.

use std::net::IpAddr;

use url::{Host, Url};

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    base: String,
    /// True if nothing was written behind the host, not even a slash.
    bare: bool,
    host: String,
    authority: String,
    port: u16,
    loopback: bool,
    https: bool,
    http2: bool,
}

/// Why a URL is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// No URL at all.
    #[error("`{0}` is no URL: write http://127.0.0.1:8080 or https://host/base-path")]
    NoUrl(String),
    /// Neither http nor https.
    #[error("`{0}` begins with neither http:// nor https://")]
    Scheme(String),
    /// Something that a base address can't have.
    #[error("a target has no {0}: put credentials in a profile, and leave query and fragment out")]
    Extra(&'static str),
}

impl Target {
    /// Reads a base URL; its path, if any, a slash alone among them, replaces the contract's base path ([`Target::below`]).
    ///
    /// # Errors
    /// [`TargetError`] for anything but a plain http or https base address.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let url = Url::parse(text).map_err(|_| TargetError::NoUrl(text.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TargetError::Scheme(text.to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Extra("user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(TargetError::Extra("query or fragment"));
        }
        let loopback = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(TargetError::NoUrl(text.to_owned())),
        };
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            bare: !text.trim().split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '\\'])),
            host: url.host_str().unwrap_or_default().to_owned(),
            authority: url.authority().to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            loopback,
            https: url.scheme() == "https",
            http2: false,
        })
    }

    /// The same target, spoken to in HTTP/2 alone instead of HTTP/1.1 alone.
    #[must_use]
    pub fn over_http2(self) -> Self {
        Self { http2: true, ..self }
    }

    /// The target below a base path, if nothing was written behind the host: a slash alone stands for an empty base path.
    #[must_use]
    pub fn below(mut self, base_path: &str) -> Self {
        if self.bare {
            self.base.push_str(base_path.trim_end_matches('/'));
            self.bare = false;
        }
        self
    }

    /// The base address as it is read again, whatever the contract's base path: with a final slash where it has no path.
    #[must_use]
    pub fn written(&self) -> String {
        let pathless = self.base.split_once("://").is_none_or(|(_, rest)| !rest.contains('/'));
        if pathless { format!("{}/", self.base) } else { self.base.clone() }
    }

    /// The base address without a final slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The host alone.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host, and port where it is not the scheme's usual one: what a `Host` header says.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// True if HTTP/2 is spoken.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        self.http2
    }

    /// True for this machine: 127.0.0.0/8, `[::1]`, localhost.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// True for https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_alone_takes_the_base_path_of_the_contract() {
        for (text, base, written) in [
            ("http://127.0.0.1:1", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1", "http://127.0.0.1:1/"),
            ("http://[::1]:1/v2/", "http://[::1]:1/v2", "http://[::1]:1/v2"),
            ("HTTP://localhost", "http://localhost/v1", "http://localhost/v1"),
        ] {
            let target = Target::parse(text).unwrap().below("/v1");
            assert_eq!((target.base(), target.written().as_str()), (base, written), "{text}");
            // What a run's header says is read as the same target.
            assert_eq!(Target::parse(written).unwrap().below("/v1").base(), base);
        }
        assert_eq!(Target::parse("http://localhost").unwrap().below("").base(), "http://localhost");
    }

    #[test]
    fn knows_its_own_machine_from_others() {
        for (text, loopback) in [
            ("http://127.0.0.1:1", true),
            ("http://127.9.9.9/x/", true),
            ("http://[::1]:80", true),
            ("http://localhost", true),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("https://10.0.0.1", false),
            ("http://2130706433", true),
        ] {
            assert_eq!(Target::parse(text).map(|t| t.is_loopback()), Ok(loopback), "{text}");
        }
        for text in ["127.0.0.1:80", "ftp://127.0.0.1", "http://u:p@127.0.0.1", "http://127.0.0.1?x=1", "", "http://"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
