//! VRPs and ASPAs that come and go: what that means for watched prefixes is said, and the routes that they cover are validated again.

use ipnet::IpNet;
use rib::view::RibView;
use rib::Deltas;
use wire::bgp::AddressFamily;

use crate::conditions::Broken;
use crate::facts::Sets;
use crate::insight::Insight;
use crate::payloads::{Aspa, Payloads, Source, Vrp};
use crate::route::Changed;
use crate::said::Said;
use crate::tables::Tables;
use crate::watch::Watched;
use crate::world::World;

/// More prefixes than so many are no question each, but one walk over all routes.
const MOST_QUESTIONS: usize = 1_000;

impl Insight {
    /// VRPs of a source came and went. What that means for watched prefixes is said, and routes that they cover are validated again.
    pub fn change_vrps(
        &mut self,
        tables: &dyn Tables,
        source: Source,
        added: &[Vrp],
        removed: &[Vrp],
        now_ms: i64,
    ) -> Vec<Said> {
        self.advance(tables, now_ms);
        let before = self.watched.roas();
        let first = self.watched.vrps().is_empty();
        let (added, removed) = self.vrp_sources.change(source, added, removed);
        removed.iter().for_each(|vrp| self.watched.vrps_mut().remove(*vrp));
        added.iter().for_each(|vrp| self.watched.vrps_mut().insert(*vrp));
        match first {
            // They were not lost and found: nobody had told them yet.
            true => self.watched.uncovered(&mut self.voice),
            false => self.watched.roas_changed(&before, &mut self.voice),
        }
        let mut nets: Vec<IpNet> = added.iter().chain(&removed).map(|vrp| vrp.prefix).collect();
        nets = IpNet::aggregate(&nets);
        if nets.len() > MOST_QUESTIONS {
            tables.each_held(None, &mut |deltas| self.validate(deltas));
        } else {
            for net in nets {
                tables.each_held(Some(net), &mut |deltas| self.validate(deltas));
            }
        }
        self.run(tables, now_ms)
    }

    /// What a source has now takes the place of what it had.
    pub fn replace_vrps(
        &mut self,
        tables: &dyn Tables,
        source: Source,
        vrps: Vec<Vrp>,
        now_ms: i64,
    ) -> Vec<Said> {
        let (added, removed) = self.vrp_sources.difference(source, vrps);
        self.change_vrps(tables, source, &added, &removed, now_ms)
    }

    /// A file takes the place of another.
    pub fn replace_file(&mut self, tables: &dyn Tables, file: Payloads, now_ms: i64) -> Vec<Said> {
        let mut said = self.replace_vrps(tables, Source::File, file.vrps, now_ms);
        said.extend(self.replace_aspas(tables, Source::File, file.aspas, now_ms));
        said
    }

    /// What autonomous systems say their providers are, by a source: every path is looked at again where that is something else.
    pub fn replace_aspas(
        &mut self,
        tables: &dyn Tables,
        source: Source,
        aspas: Vec<Aspa>,
        now_ms: i64,
    ) -> Vec<Said> {
        self.advance(tables, now_ms);
        if self.watched.replace_aspas(source, aspas) {
            tables.each_held(None, &mut |deltas| {
                self.look_again(deltas, "path_leak", |watched, route, world| {
                    watched.leak(route, world, world.neighbours())
                });
            });
        }
        self.run(tables, now_ms)
    }

    /// Routes that are held are validated again.
    fn validate(&mut self, deltas: &Deltas) {
        self.look_again(deltas, "rpki_invalid", Watched::validate);
    }

    /// Whether routes that are held break a rule is looked at again.
    fn look_again(
        &mut self,
        deltas: &Deltas,
        rule: &'static str,
        breaks: impl Fn(&Watched, &Changed<'_>, &World) -> Option<Broken>,
    ) {
        if deltas.routes.is_empty() {
            return;
        }
        let (_, peers) = self.world.absorb(deltas, self.voice.now);
        let mut sets = Sets::new(&deltas.attributes);
        let Insight { world, watched, conditions, voice, .. } = self;
        for delta in &deltas.routes {
            let Some(rib) = deltas.rib(delta.rib) else { return };
            let Some(peer) = usize::try_from(rib.peer).ok().and_then(|index| peers.get(index)).copied()
            else {
                return;
            };
            let Some(held) = world.peer(peer).filter(|held| held.distinguisher == 0) else { return };
            if matches!(rib.view, RibView::AdjRibOutPre | RibView::AdjRibOutPost)
                || !AddressFamily::new(rib.afi, rib.safi).is_unicast()
            {
                return;
            }
            let Some(prefix) = rib::nlri::prefix(rib.afi, rib.safi, &delta.nlri) else { continue };
            sets.read(delta.attributes);
            let route = Changed {
                change: delta.change,
                prefix,
                path_id: delta.path_id,
                view: rib.view,
                peer,
                router: held.router,
                new: sets.get(delta.attributes),
                old: None,
                position: delta.position,
                after_gap: false,
                dump: true,
            };
            let broken = breaks(watched, &route, world);
            let holder = (peer, prefix, delta.path_id, rib.view as u8);
            conditions.set_rule(rule, holder, broken, |text| route.evidence(world, text), voice);
        }
    }
}
