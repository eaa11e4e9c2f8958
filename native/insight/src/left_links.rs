//! Why prefixes shifted: SNMP tells, before or after, that the interface is down by which their old next hop was reached.
//!
//! A link may carry routes and no session that anybody monitors, as between routers whose OSPF is redistributed. Where sessions go
//! down with the interface, they tell it (`downs`).

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;

use crate::config::InterfaceName;
use crate::interfaces::{Interface, Interfaces};
use crate::paths::Shift;
use crate::said::{Cause, Evidence, MAX_LISTED};
use crate::voice::{Judgement, Voice};
use crate::world::World;

/// What left an interface, and since when something did.
#[derive(Debug, Default)]
struct Left {
    at_ms: i64,
    prefixes: BTreeSet<IpNet>,
    evidence: Vec<Evidence>,
    /// When the interface went down of which a verdict was said, and of how many prefixes.
    told: Option<(i64, usize)>,
}

#[derive(Debug, Default)]
pub(crate) struct LeftLinks(HashMap<InterfaceName, Left>);

impl LeftLinks {
    /// Prefixes went from one next hop to another.
    pub fn shifted(
        &mut self,
        shift: Shift,
        world: &World,
        interfaces: &Interfaces,
        snmp_ms: i64,
        voice: &mut Voice,
    ) {
        let is_back = |name: &InterfaceName| {
            interfaces.get(name).is_some_and(|known| known.down_ms.is_some() && !known.is_down())
        };
        let returned = world.interfaces_to(&shift.to).any(is_back);
        for name in world.interfaces_to(&shift.from) {
            // They go back to a link that is there again: nothing happened to the one that they leave.
            if returned && !interfaces.get(name).is_some_and(Interface::is_down) {
                continue;
            }
            let left = self.0.entry(name.clone()).or_default();
            if left.at_ms + snmp_ms < voice.now {
                *left = Left::default();
            }
            left.at_ms = voice.now;
            left.prefixes.extend(&shift.prefixes);
            left.evidence.extend(shift.evidence.iter().cloned());
            left.evidence.truncate(MAX_LISTED);
            left.judge(name, interfaces, snmp_ms, voice);
        }
    }

    /// SNMP told another state of an interface.
    pub fn interface_changed(
        &mut self,
        name: &InterfaceName,
        interfaces: &Interfaces,
        snmp_ms: i64,
        voice: &mut Voice,
    ) {
        if let Some(left) = self.0.get_mut(name).filter(|left| left.at_ms + snmp_ms >= voice.now) {
            left.judge(name, interfaces, snmp_ms, voice);
        }
    }
}

impl Left {
    fn judge(&mut self, name: &InterfaceName, interfaces: &Interfaces, snmp_ms: i64, voice: &mut Voice) {
        let Some(known) = interfaces.get(name) else { return };
        let Some(down_ms) = known.down_ms.filter(|down| known.is_down() || down + snmp_ms >= self.at_ms)
        else {
            return;
        };
        if self.told == Some((down_ms, self.prefixes.len())) {
            return;
        }
        self.told = Some((down_ms, self.prefixes.len()));
        let (shut, confidence) = match known.is_down() {
            true => (known.is_shut(), 0.9),
            false => (known.was_shut, 0.6),
        };
        let cause = if shut { Cause::InterfaceShut } else { Cause::LinkFailure };
        let state = if shut { "administratively down" } else { "down" };
        let many = match self.prefixes.len() {
            1 => "one prefix goes".to_string(),
            count => format!("{count} prefixes go"),
        };
        let subject = name.subject();
        let text = format!("{subject} is {state}, and {many} by another next hop");
        let mut judgement = Judgement::new(&subject, cause, confidence, text);
        judgement.evidence.push(Evidence::text(format!("SNMP: {subject} went down")));
        judgement.evidence.extend(self.evidence.iter().cloned());
        judgement.prefixes.extend(&self.prefixes);
        voice.judge(judgement);
    }
}
