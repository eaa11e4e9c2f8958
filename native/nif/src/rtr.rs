//! A client of RPKI caches: `ServiceRadar.BMP.Insight.RPKI`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ::rtr::{Rtr, Told};
use rustler::{Encoder, Env, OwnedEnv, Resource, ResourceArc, Term};

use crate::atoms;
use crate::term::{error, ok};

/// With what it told and nobody took yet.
pub struct Client {
    told: Arc<Mutex<VecDeque<Told>>>,
    /// Held for as long as the resource is.
    _client: Rtr,
}

#[rustler::resource_impl]
impl Resource for Client {}

impl Client {
    /// What was told since the last time.
    pub fn take(&self) -> VecDeque<Told> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The calling process gets the message `rtr` when something is told.
#[rustler::nif]
fn rtr_start(env: Env<'_>, caches: Vec<String>) -> Term<'_> {
    let pid = env.pid();
    let told = Arc::new(Mutex::new(VecDeque::new()));
    let queue = Arc::clone(&told);
    let tell = move |what| {
        queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(what);
        // A process that is gone needs to hear nothing.
        let _ = OwnedEnv::new().send_and_clear(&pid, |env| atoms::rtr().encode(env));
    };
    match Rtr::start(caches, tell) {
        Ok(client) => ok(env, ResourceArc::new(Client { told, _client: client })),
        Err(reason) => error(env, reason.to_string()),
    }
}
