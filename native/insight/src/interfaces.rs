//! States of interfaces, as SNMP tells them, and since when.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::config::InterfaceName;

/// What SNMP tells of an interface, by a trap or a poll: ifOperStatus and ifAdminStatus (RFC 2863) by name or number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceEvent {
    #[serde(alias = "device_id")]
    pub device: String,
    #[serde(alias = "if_name")]
    pub name: String,
    #[serde(default, alias = "if_oper_status")]
    pub oper_status: Option<IfStatus>,
    #[serde(default, alias = "if_admin_status")]
    pub admin_status: Option<IfStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "Word")]
pub enum IfStatus {
    Up,
    Down,
    /// Testing, unknown, dormant: nothing to conclude from.
    Other,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Name(String),
    Number(i64),
}

impl From<Word> for IfStatus {
    fn from(word: Word) -> Self {
        match word {
            Word::Name(name) => match name.to_ascii_lowercase().as_str() {
                "up" | "1" => IfStatus::Up,
                "down" | "2" | "lowerlayerdown" | "lower_layer_down" | "notpresent" | "not_present" => {
                    IfStatus::Down
                }
                _ => IfStatus::Other,
            },
            // 7 lowerLayerDown, 6 notPresent
            Word::Number(1) => IfStatus::Up,
            Word::Number(2 | 6 | 7) => IfStatus::Down,
            Word::Number(_) => IfStatus::Other,
        }
    }
}

/// What is known of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub oper: Option<IfStatus>,
    pub admin: Option<IfStatus>,
    /// When it was last told at all.
    pub told_ms: i64,
    /// When it was last told to have gone down, and whether it was administratively down then.
    pub down_ms: Option<i64>,
    pub was_shut: bool,
}

impl Interface {
    pub fn is_down(&self) -> bool {
        self.oper == Some(IfStatus::Down) || self.is_shut()
    }

    pub fn is_shut(&self) -> bool {
        self.admin == Some(IfStatus::Down)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Interfaces(HashMap<InterfaceName, Interface>);

impl Interfaces {
    pub fn get(&self, name: &InterfaceName) -> Option<&Interface> {
        self.0.get(name)
    }

    /// Takes what was told; whether it is another state than before.
    pub fn take(&mut self, event: &InterfaceEvent, now_ms: i64) -> (InterfaceName, bool) {
        let name = InterfaceName { device: event.device.clone(), name: event.name.clone() };
        let held = self.0.entry(name.clone()).or_insert(Interface {
            oper: None,
            admin: None,
            told_ms: now_ms,
            down_ms: None,
            was_shut: false,
        });
        let before = *held;
        held.oper = event.oper_status.or(held.oper);
        held.admin = event.admin_status.or(held.admin);
        held.told_ms = now_ms;
        if held.is_down() && !before.is_down() {
            held.down_ms = Some(now_ms);
            held.was_shut = false;
        }
        held.was_shut |= held.is_shut();
        (name, (before.oper, before.admin) != (held.oper, held.admin))
    }
}
