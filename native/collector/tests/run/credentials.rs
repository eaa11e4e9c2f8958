//! Credentials files as NATS' operators give them: an operator signs accounts, an account signs users, each with a JWT.

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{json, Value};
use std::time::{SystemTime, UNIX_EPOCH};

pub struct Operator {
    operator: KeyPair,
    account: KeyPair,
    /// JetStream needs an account for the server itself.
    system: KeyPair,
    issued: u64,
}

impl Operator {
    pub fn new() -> Self {
        let issued = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let [account, system] = [(); 2].map(|()| KeyPair::new_account());
        Operator { operator: KeyPair::new_operator(), account, system, issued }
    }

    fn jwt(&self, issuer: &KeyPair, subject: &KeyPair, mut nats: Value) -> String {
        nats["version"] = json!(2);
        let claims = json!({
            "jti": subject.public_key(), "iat": self.issued, "iss": issuer.public_key(), "name": "test",
            "sub": subject.public_key(), "nats": nats,
        });
        let encode = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(json!({"typ": "JWT", "alg": "ed25519-nkey"})), encode(claims));
        let signature = issuer.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// The server's configuration; `revoked` may not come in any more.
    pub fn config(&self, revoked: &[&KeyPair]) -> String {
        let operator = self.jwt(&self.operator, &self.operator, json!({"type": "operator"}));
        let revocations: serde_json::Map<String, Value> =
            revoked.iter().map(|user| (user.public_key(), json!(self.issued + 1))).collect();
        let mut limits = json!({"wildcards": true});
        for limit in [
            "subs",
            "data",
            "payload",
            "imports",
            "exports",
            "conn",
            "leaf",
            "mem_storage",
            "disk_storage",
            "streams",
            "consumer",
        ] {
            limits[limit] = json!(-1);
        }
        let account = json!({"type": "account", "limits": limits, "revocations": revocations});
        let account = self.jwt(&self.operator, &self.account, account);
        let system =
            self.jwt(&self.operator, &self.system, json!({"type": "account", "limits": {"conn": -1}}));
        let [name, system_name] = [&self.account, &self.system].map(KeyPair::public_key);
        format!(
            "operator: {operator:?}\nsystem_account: {system_name}\nresolver: MEMORY\n\
             resolver_preload: {{ {name}: {account:?}, {system_name}: {system:?} }}"
        )
    }

    /// The credentials file of a user.
    pub fn creds(&self, user: &KeyPair) -> String {
        let jwt =
            self.jwt(&self.account, user, json!({"type": "user", "subs": -1, "data": -1, "payload": -1}));
        let part =
            |name: &str, text: &str| format!("-----BEGIN {name}-----\n{text}\n------END {name}------\n\n");
        part("NATS USER JWT", &jwt) + &part("USER NKEY SEED", &user.seed().unwrap())
    }
}
