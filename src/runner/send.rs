//! One request: finished to the byte, sent within the rate, and sent again where the target asks for that.

use std::time::{Duration, Instant};

use super::Runner;
use super::patience::asked;
use crate::exchange::{Filling, Means, Prepared, Transport, fill, prepare};
use crate::model::{Hazard, Json, Observed, Reason, Step};

/// How often one request is sent again because the target asks for that.
pub(super) const ASKINGS: u32 = 5;
/// How often a request of [`Runner::insist`] is sent that nobody answers.
pub(super) const UNDOINGS: u32 = 3;

impl<T: Transport> Runner<T> {
    /// The request of a step, finished to the byte; `token` is that of the request before.
    pub(super) fn request(
        &self,
        step: &Step,
        from: &Filling<'_>,
        token: Option<&str>,
    ) -> Result<Prepared, (Reason, String)> {
        self.finished(step, self.plan.bind(step, &mut |hole| fill(hole, from))?, token)
    }

    /// The same with this body.
    pub(super) fn finished(&self, step: &Step, tree: Json, token: Option<&str>) -> Result<Prepared, (Reason, String)> {
        let contract = self.plan.contract();
        let means = Means {
            target: &self.access.target,
            credentials: &self.access.credentials,
            second: self.access.second.as_ref(),
            keys: self.access.keys.as_ref(),
            encrypt: self.access.encrypt,
            token,
            ambient: &self.ambient,
        };
        prepare(&contract.endpoints[step.endpoint].wire, tree, step, &means)
    }

    pub(super) async fn send(&self, request: Prepared, attempt: u8) -> (Observed, Option<Json>) {
        self.limiter.wait().await;
        self.send_now(request, attempt).await
    }

    /// Sends a request that is sent once, on a new connection: the other side may be closing one that was used before.
    pub(super) async fn send_alone(&self, request: Prepared) -> (Observed, Option<Json>) {
        self.send(Prepared { fresh: true, ..request }, 0).await
    }

    pub(super) async fn send_now(&self, request: Prepared, attempt: u8) -> (Observed, Option<Json>) {
        let start = Instant::now();
        let result = self.transport.send(&request).await;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.redactor.observe(request, result, self.access.keys.as_ref(), micros, attempt)
    }

    /// True if the target says that it did nothing and asks for another try; all requests of the run wait then.
    pub(super) fn asks_again(&self, seen: &Observed, before: u32) -> bool {
        let Some(answer) = seen.answer.as_ref().ok().filter(|answer| answer.undone()) else {
            self.limiter.answered();
            return false;
        };
        let Some(wait) = asked(answer, before, self.ambient.utc()) else { return false };
        self.limiter.ask(if answer.status == 429 { wait } else { Duration::ZERO });
        true
    }

    /// Sends a request that does no harm if it is done twice until it is answered; where nobody answers, `most` times at most.
    pub(super) async fn insist<'a>(
        &self,
        step: &Step,
        from: &Filling<'_>,
        most: u32,
        into: &'a mut Vec<Observed>,
    ) -> Option<&'a Observed> {
        let endpoint = &self.plan.contract().endpoints[step.endpoint];
        let (mut askings, mut tries) = (0, 0);
        // What was not made needs no undoing.
        while let Ok(mut request) = self.request(step, from, None) {
            request.fresh = tries > 0 || endpoint.hazard == Hazard::Money;
            let (seen, _) = self.send(request, 0).await;
            let again = if self.asks_again(&seen, askings) {
                askings += 1;
                askings <= ASKINGS
            } else {
                tries += 1;
                let unclear = seen.answer.as_ref().map_or(true, |answer| answer.passing().is_some());
                unclear && tries < most && endpoint.hazard != Hazard::Money
            };
            let told = seen.answer.as_ref().ok().filter(|a| !a.undone() && a.header("retry-after").is_some());
            let wait = told.and_then(|answer| asked(answer, 0, self.ambient.utc()));
            into.push(seen);
            if !again || self.stopped() {
                break;
            }
            if tries > 0 {
                tokio::time::sleep(wait.unwrap_or_default().max(Duration::from_millis(50 << tries))).await;
            }
        }
        into.last()
    }
}
