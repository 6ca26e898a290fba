//! One request from head to answer: routing, the pool, the guard against panics, and the answer's headers.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Options, body, date};
use crate::protocol::{Call, Row, Runs, Service, find, target};
use crate::{ServiceError, control};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const AWS_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
/// The panic itself was told by the panic hook.
const PANIC: &str = "a panic";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The state that all connections share.
pub(super) struct Endpoint {
    options: Options,
    pool: Semaphore,
}

impl Endpoint {
    pub(super) fn new(options: Options) -> Self {
        let pool = Semaphore::new(options.limits.pool);
        Self { options, pool }
    }

    pub(super) async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: IpAddr) -> Response<Full<Bytes>> {
        let request_id = uuid::Builder::from_random_bytes(self.options.entropy.bytes()).into_uuid();
        let now = self.options.wall_clock.now();
        let (head, body) = request.into_parts();
        let limits = self.options.limits;
        let body = body::read(&head.headers, body, limits.body, limits.body_timeout).await;
        let (status, content_type, bytes) = if head.uri.path().starts_with(control::PREFIX) {
            let reply = self.control(head, body).await;
            (reply.status, JSON, Bytes::from(reply.body))
        } else {
            let (service, outcome) = self.serve(Arrived { head, body, request_id, now, peer }).await;
            let (status, bytes) = outcome.map_or_else(
                |error| {
                    if let ServiceError::Internal { cause } = &error {
                        eprintln!("hsm-sim: request {request_id} to {service:?} failed inside: {cause}");
                    }
                    let wire = error.wire(service);
                    (wire.status, Bytes::from(wire.body(service)))
                },
                |bytes| (200, bytes),
            );
            (status, AWS_JSON, bytes)
        };
        let mut response = Response::new(Full::new(bytes));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let mut buffer = Uuid::encode_buffer();
        if let Ok(id) = HeaderValue::from_str(request_id.hyphenated().encode_lower(&mut buffer)) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(DATE, date::header(now));
        response
    }

    async fn serve(self: &Arc<Self>, arrived: Arrived) -> (Service, Result<Bytes, ServiceError>) {
        let (service, row) = find(&arrived.head.headers);
        let outcome = match (&arrived.body, row) {
            (Err(error), _) => Err(error.clone()),
            (Ok(_), Some(row)) if arrived.head.method == Method::POST && arrived.head.uri.path() == "/" => {
                match row.runs {
                    // A call that waits for a slow node makes nobody else wait.
                    Runs::Inline if !self.waits() => self.guarded(row, service, &arrived),
                    Runs::Inline | Runs::Pooled => {
                        let this = Arc::clone(self);
                        self.pooled(move || this.guarded(row, service, &arrived))
                            .await
                            .unwrap_or_else(|| Err(ServiceError::internal("the runtime stopped")))
                    }
                }
            }
            (Ok(_), row) => {
                // An operation that is simulated was asked for in another way.
                let target = if row.is_some() { "" } else { target(&arrived.head.headers) };
                Err(ServiceError::UnknownOperation { target: target.to_owned() })
            }
        };
        (service, outcome)
    }

    fn waits(&self) -> bool {
        // A store that fails tells the operation itself.
        self.options.backend.world().watched().is_ok_and(|watched| watched.slow)
    }

    async fn control(self: &Arc<Self>, head: Parts, body: Result<Bytes, ServiceError>) -> control::Reply {
        let this = Arc::clone(self);
        let work = move || {
            let body = body.as_deref().map_err(Clone::clone);
            catch_unwind(AssertUnwindSafe(|| control::answer(&this.options.backend, &head, body))).ok()
        };
        self.pooled(work).await.flatten().unwrap_or_else(control::Reply::internal)
    }

    /// Runs `work` on the blocking pool when there is room; `None` when the runtime is going down.
    async fn pooled<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _permit = self.pool.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }

    /// A panic is a defect of ours and becomes the service's internal failure; state is changed in transactions only,
    /// which a panic leaves undone.
    fn guarded(&self, row: &Row, service: Service, arrived: &Arrived) -> Result<Bytes, ServiceError> {
        let call = Call {
            backend: &self.options.backend,
            authenticator: &self.options.authenticator,
            head: &arrived.head,
            body: arrived.body.as_deref().unwrap_or_default(),
            service,
            now: arrived.now,
            request_id: arrived.request_id,
            source_ip: arrived.peer,
        };
        catch_unwind(AssertUnwindSafe(|| row.run(&call))).unwrap_or_else(|_| Err(ServiceError::internal(PANIC)))
    }
}

/// A request that was read, or why it could not be.
struct Arrived {
    head: Parts,
    body: Result<Bytes, ServiceError>,
    request_id: Uuid,
    now: i64,
    peer: IpAddr,
}

#[cfg(test)]
mod tests {
    use hsm_sim::World;
    use kms_store::{Caller, Kms};
    use serde::Deserialize;

    use super::*;
    use crate::protocol::{Operation, Violations};
    use crate::sigv4::{Authenticator, Mode};
    use crate::{Backend, Limits, WallClock};

    #[derive(Deserialize)]
    struct Panics {}

    impl Operation for Panics {
        const NAME: &'static str = "Panics";
        type Response = ();

        fn validate(&self, _v: &mut Violations) {}

        fn call(_backend: &Backend, _caller: &Caller, _request: Self) -> Result<(), ServiceError> {
            panic!("a defect")
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_failure() {
        let endpoint = Arc::new(Endpoint::new(Options {
            backend: Arc::new(Backend::new(Kms::open(World::ephemeral().unwrap()).unwrap())),
            authenticator: Authenticator::new(Mode::Off, "us-east-1"),
            wall_clock: WallClock::new(|| 0),
            entropy: crypto::Entropy::seeded(1),
            limits: Limits { pool: 1, ..Limits::default() },
        }));
        let (head, ()) = Request::new(()).into_parts();
        let arrived =
            Arrived { head, body: Ok(Bytes::new()), request_id: Uuid::nil(), now: 0, peer: [127, 0, 0, 1].into() };
        const ROW: Row = Row::changing::<Panics>();
        assert_eq!(endpoint.guarded(&ROW, Service::Kms, &arrived), Err(ServiceError::internal(PANIC)));
        // The one permit of the pool comes back each time.
        for _ in 0..3 {
            assert_eq!(endpoint.pooled(|| -> u8 { panic!("a defect") }).await, None);
        }
        assert_eq!(endpoint.pooled(|| 5).await, Some(5));
    }
}
