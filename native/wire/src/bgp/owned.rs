//! A plain UPDATE straight into owned values.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::attribute::{
    AsPath, AsPathSegment, Attribute, AttributeRef, AttributeValue, ClassicNextHop, Communities, Community,
    ExtendedCommunities, ExtendedCommunity, LargeCommunities, LargeCommunity, LocalPref, MpReach, MpUnreach,
    MultiExitDisc, NextHop, Origin,
};
use super::plain::{self, Prefix, Prefixes, Segments, Sink};
use super::{Context, Nlri, NlriValue, Update};

/// Attributes that an UPDATE has room for at first; most have fewer.
const ATTRIBUTES: usize = 8;

impl Update {
    /// Fills what is empty in place, with the UPDATE that `frame` has from `start` to its end; `None` where that is not
    /// plain.
    #[inline(always)]
    pub(crate) fn read_plain(&mut self, frame: &[u8], start: usize, context: &Context<'_>) -> Option<()> {
        self.attributes.0.reserve_exact(ATTRIBUTES);
        plain::read(frame, start, context, self)?;
        self.add_path_inferred.sort_unstable();
        Some(())
    }

    #[inline(always)]
    fn nlri(&mut self, prefixes: Prefixes<'_>) -> Option<Vec<Nlri>> {
        if prefixes.inferred && !self.add_path_inferred.contains(&prefixes.family) {
            self.add_path_inferred.push(prefixes.family);
        }
        nlri(prefixes)
    }

    #[inline(always)]
    fn attribute(&mut self, flags: u8, value: AttributeValue) {
        self.attributes.0.push(Attribute { flags, value });
    }
}

#[inline(always)]
fn nlri(prefixes: Prefixes<'_>) -> Option<Vec<Nlri>> {
    let mut nlri = Vec::with_capacity(prefixes.estimate());
    let v6 = prefixes.family.is_ipv6();
    prefixes.read(|Prefix { address, length, path_id }| {
        let prefix = if v6 {
            IpNet::V6(Ipv6Net::new(Ipv6Addr::from_bits(address), length).ok()?)
        } else {
            IpNet::V4(Ipv4Net::new(Ipv4Addr::from_bits(u32::try_from(address).ok()?), length).ok()?)
        };
        nlri.push(Nlri { path_id, value: NlriValue::Prefix(prefix) });
        Some(())
    })?;
    Some(nlri)
}

impl<'a> Sink<'a> for Update {
    #[inline(always)]
    fn withdrawn(&mut self, prefixes: Prefixes<'a>) -> Option<()> {
        self.withdrawn = self.nlri(prefixes)?;
        Some(())
    }

    #[inline(always)]
    fn origin(&mut self, flags: u8, origin: Origin) {
        self.attribute(flags, AttributeValue::Origin(origin));
    }

    #[inline(always)]
    fn as_path(&mut self, flags: u8, path: Segments<'a>) -> Option<()> {
        let mut as_path = AsPath::default();
        path.read(|kind, _, asns| {
            let asns = asns.iter().map(|asn| u32::from_be_bytes(*asn)).collect();
            as_path.segments.push(AsPathSegment { kind, asns });
        })?;
        self.attribute(flags, AttributeValue::AsPath(as_path));
        Some(())
    }

    #[inline(always)]
    fn next_hop(&mut self, flags: u8, address: &'a [u8; 4]) {
        self.attribute(flags, AttributeValue::NextHop(ClassicNextHop((*address).into())));
    }

    #[inline(always)]
    fn multi_exit_disc(&mut self, flags: u8, value: u32) {
        self.attribute(flags, AttributeValue::MultiExitDisc(MultiExitDisc(value)));
    }

    #[inline(always)]
    fn local_pref(&mut self, flags: u8, value: u32) {
        self.attribute(flags, AttributeValue::LocalPref(LocalPref(value)));
    }

    #[inline(always)]
    fn communities(&mut self, flags: u8, list: &[[u8; 4]]) {
        let list = list.iter().map(|community| Community(u32::from_be_bytes(*community))).collect();
        self.attribute(flags, AttributeValue::Communities(Communities(list)));
    }

    #[inline]
    fn extended_communities(&mut self, flags: u8, list: &[[u8; 8]]) {
        let list = list.iter().copied().map(ExtendedCommunity).collect();
        self.attribute(flags, AttributeValue::ExtendedCommunities(ExtendedCommunities(list)));
    }

    #[inline]
    fn large_communities(&mut self, flags: u8, list: &[[u8; 12]]) {
        let list = list.iter().map(|octets| LargeCommunity::from_octets(*octets)).collect();
        self.attribute(flags, AttributeValue::LargeCommunities(LargeCommunities(list)));
    }

    #[inline]
    fn mp_reach(&mut self, flags: u8, next_hop: &'a [u8], prefixes: Prefixes<'a>) -> Option<()> {
        let next_hop = NextHop::decode(next_hop);
        let reach = MpReach { family: prefixes.family, next_hop, nlri: self.nlri(prefixes)? };
        self.attribute(flags, AttributeValue::MpReach(reach));
        Some(())
    }

    #[inline]
    fn mp_unreach(&mut self, flags: u8, prefixes: Prefixes<'a>) -> Option<()> {
        let unreach = MpUnreach { family: prefixes.family, nlri: self.nlri(prefixes)? };
        self.attribute(flags, AttributeValue::MpUnreach(unreach));
        Some(())
    }

    fn other(&mut self, attribute: &AttributeRef<'a>) {
        self.attributes.0.push(attribute.to_owned(Context::default()));
    }

    #[inline(always)]
    fn announced(&mut self, _: &'a [u8; 4], prefixes: Prefixes<'a>) -> Option<()> {
        self.nlri = self.nlri(prefixes)?;
        Some(())
    }
}
