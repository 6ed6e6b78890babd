//! One request: finished to the byte, sent within the rate, and sent again where the target asks for that.

use std::time::{Duration, Instant};

use super::Runner;
use super::patience::asked;
use crate::exchange::{Filling, Means, Prepared, Transport, fill, prepare};
use crate::model::wire::Credentials;
use crate::model::{Hazard, Json, Observed, Reason, Step};

/// How often one request is sent again because the target asks for that.
pub(super) const ASKINGS: u32 = 5;
/// How often a request of [`Runner::insist`] is sent that nobody answers.
pub(super) const UNDOINGS: u32 = 3;

impl<T: Transport> Runner<T> {
    /// The request of a step, finished to the byte; `earlier` is what the request before has made to show who calls. Requests that fetch a
    /// token for it are added to `seen`.
    pub(super) async fn request(
        &self,
        step: &Step,
        from: &Filling<'_>,
        earlier: Option<&[Vec<String>]>,
        seen: &mut Vec<Observed>,
    ) -> Result<Prepared, (Reason, String)> {
        self.finished(step, self.plan.bind(step, &mut |hole| fill(hole, from))?, earlier, seen).await
    }

    /// The same with this body.
    pub(super) async fn finished(
        &self,
        step: &Step,
        tree: Json,
        earlier: Option<&[Vec<String>]>,
        seen: &mut Vec<Observed>,
    ) -> Result<Prepared, (Reason, String)> {
        let known = self.known(step, seen).await?;
        prepare(&self.plan.contract().endpoints[step.endpoint].wire, tree, step, &self.means(&known, earlier))
    }

    /// What a request is made with.
    pub(super) fn means<'m>(&'m self, known: &'m Credentials, earlier: Option<&'m [Vec<String>]>) -> Means<'m> {
        Means {
            target: &self.access.target,
            credentials: known,
            second: self.access.second.as_ref(),
            keys: self.access.keys.as_ref(),
            encrypt: self.access.encrypt,
            earlier,
            ambient: &self.ambient,
        }
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
        let (mut askings, mut tries, mut renewed) = (0, 0, false);
        // What was not made needs no undoing.
        while let Ok(mut request) = self.request(step, from, None, into).await {
            request.fresh = tries > 0 || endpoint.hazard == Hazard::Money;
            let made = request.made.clone();
            let (seen, _) = self.send(request, 0).await;
            let again = if !renewed && self.expired(step, &made, &seen).await {
                renewed = true;
                true
            } else if self.asks_again(&seen, askings) {
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
