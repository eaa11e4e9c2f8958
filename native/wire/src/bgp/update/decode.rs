//! An UPDATE is checked in one pass, and RFC 7606 says what becomes of what is malformed.

use super::Slot;
use crate::bgp::attribute::attr_14_mp_reach_nlri::MpReachRef;
use crate::bgp::attribute::attr_15_mp_unreach_nlri::MpUnreachRef;
use crate::bgp::attribute::{
    attr_14_mp_reach_nlri, check, AsPath, AttributeRef, MpReach, MpUnreach, PathAttribute, Registered,
    Treatment,
};
use crate::bgp::nlri::form::Form;
use crate::bgp::{attribute, header, nlri, Action, AddressFamily, Context, Fault, RouteGroup, UpdateView};
use crate::error::{At, DecodeError, ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::bgp::message;

impl<'a> UpdateView<'a> {
    /// Reads a whole message, its header included.
    #[inline(always)]
    pub fn decode_message(reader: &mut Reader<'a>, context: Context<'a>) -> Result<Self> {
        let body = header::read_of(reader, message::UPDATE, "2 (UPDATE)")?;
        Self::decode(body, context)
    }

    /// Reads the body of an UPDATE: all of what `reader` has.
    pub fn decode(mut reader: Reader<'a>, context: Context<'a>) -> Result<Self> {
        let body = reader.peek();
        let offset = reader.offset();
        let length = reader.u16().at("withdrawn_routes_length")?;
        let withdrawn = reader.sub(length.into()).at("withdrawn_routes")?;
        let length = reader.u16().at("total_path_attribute_length")?;
        let attributes = reader.sub(length.into()).at("path_attributes")?;
        let nlri = reader;

        let mut view = UpdateView::new(body, offset, context);
        view.withdrawn = withdrawn.peek();
        view.nlri = nlri.peek();
        if body.len() <= 4 {
            view.end_of_rib = Some(AddressFamily::IPV4_UNICAST);
            return Ok(view);
        }
        if !withdrawn.is_empty() {
            view.push_group(Action::Withdraw, AddressFamily::IPV4_UNICAST, &[], withdrawn)
                .at("withdrawn_routes")?;
        }
        let seen = view.read_attributes(attributes)?;
        if !nlri.is_empty() {
            let next_hop = view.value_of(attribute::ClassicNextHop::CODE).unwrap_or_default();
            view.push_group(Action::Announce, AddressFamily::IPV4_UNICAST, next_hop, nlri).at("nlri")?;
        }
        view.require_mandatory(seen, nlri.offset());
        view.require_company(seen);
        view.apply_treatment();
        Ok(view)
    }

    #[inline(always)]
    fn push_group(
        &mut self,
        action: Action,
        family: AddressFamily,
        next_hop: &'a [u8],
        nlri: Reader<'a>,
    ) -> Result<()> {
        let form = self.context.form(action, family);
        let count = nlri::check(family, form, nlri).map_err(|error| match self.context.said(family) {
            None => error.of_family(family),
            Some(_) if nlri::check(family, form.with_other_path_ids(), nlri).is_ok() => error.mark_suspect(),
            Some(_) => error,
        })?;
        if count > 0 {
            let Form { add_path, labels } = form;
            self.groups.push(RouteGroup {
                action,
                family,
                add_path,
                inferred: self.context.is_inferred(family),
                next_hop,
                nlri: nlri.peek(),
                count,
                labels,
            });
        }
        Ok(())
    }

    #[inline(always)]
    fn read_attributes(&mut self, mut reader: Reader<'a>) -> Result<Seen> {
        let start = self.offset;
        let mut seen = Seen::default();
        let mut index = 0;
        while !reader.is_empty() {
            let at = reader;
            let attribute = match AttributeRef::read(&mut reader) {
                Ok(attribute) => attribute,
                Err(error) => {
                    // RFC 7606, section 4: the total length rules; the rest of the list cannot be read.
                    let error = error.in_index(index).in_field("path_attributes");
                    self.fault(Treatment::TreatAsWithdraw, None, error, at.peek());
                    break;
                }
            };
            self.read_attribute(&attribute, &mut seen, start).at_index(index).at("path_attributes")?;
            index += 1;
        }
        // RFC 4724, section 2
        if let ([Slot { code: MpUnreach::CODE, .. }], true, true) =
            (self.slots.as_slice(), self.groups.is_empty(), self.nlri.is_empty())
        {
            let mut value = Reader::new(self.value_of(MpUnreach::CODE).unwrap_or_default(), 0);
            self.end_of_rib = value.family().ok();
        }
        Ok(seen)
    }

    #[inline(always)]
    fn read_attribute(&mut self, attribute: &AttributeRef<'a>, seen: &mut Seen, start: u64) -> Result<()> {
        let code = attribute.code;
        let mut discarded = false;
        if seen.once.insert(code) {
            if matches!(code, MpReach::CODE | MpUnreach::CODE) {
                // RFC 7606, section 3.g
                return Err(attribute.reader().error(ErrorKind::Duplicate))
                    .at(attribute::name(code).unwrap_or("unknown"));
            }
            self.duplicate(attribute, &mut seen.again);
            discarded = true;
        } else {
            match code {
                MpReach::CODE => self.read_mp_reach(attribute).at(MpReach::NAME)?,
                MpUnreach::CODE => self.read_mp_unreach(attribute).at(MpUnreach::NAME)?,
                _ => discarded = self.check_attribute(attribute),
            }
        }
        // An UPDATE has at most 65,516 octets: the length field of the header has two.
        let position = u16::try_from(attribute.offset - start).unwrap_or(u16::MAX);
        let length = u16::try_from(attribute.value.len()).unwrap_or(u16::MAX);
        self.slots.push(Slot { flags: attribute.flags, code, start: position, length, discarded });
        Ok(())
    }

    /// Whether the attribute is to be left out.
    #[inline(always)]
    fn check_attribute(&mut self, attribute: &AttributeRef<'a>) -> bool {
        let Err((treatment, error)) = check::check(attribute, self.context) else {
            if let Some(error) = check::as_0(attribute, self.context) {
                let name = attribute::name(attribute.code).unwrap_or("unknown");
                self.attribute_fault(Treatment::Kept, attribute, error.in_field(name));
            }
            return false;
        };
        // Routers do set the A flag wrongly (FRR 8.4 for its own routes): where the path reads as a whole in the other
        // width, that is what it is.
        if attribute.code == AsPath::CODE && !matches!(error.kind(), ErrorKind::Flags { .. }) {
            let other = Context { two_octet_as: !self.context.two_octet_as, ..self.context };
            if check::check(attribute, other).is_ok() {
                self.context = other;
                self.as_width_mismatch = true;
                return false;
            }
        }
        self.attribute_fault(treatment, attribute, error);
        true
    }

    #[inline]
    fn read_mp_reach(&mut self, attribute: &AttributeRef<'a>) -> Result<()> {
        self.check_flags::<MpReach>(attribute);
        let MpReachRef { family, next_hop, nlri } = MpReachRef::read(&mut attribute.reader())?;
        if !attr_14_mp_reach_nlri::fits(family, next_hop.len()) {
            // RFC 7606, section 7.11
            let found = next_hop.len();
            let error = attribute.reader().error(ErrorKind::Length { found, expected: "that of a next hop" });
            let error = error.in_field("next_hop").in_field(MpReach::NAME);
            self.attribute_fault(Treatment::AfiSafiDisable, attribute, error);
            if let Some(fault) = self.faults.last_mut() {
                fault.family = Some(family);
            }
        }
        self.push_group(Action::Announce, family, next_hop, nlri).at("nlri")
    }

    #[inline]
    fn read_mp_unreach(&mut self, attribute: &AttributeRef<'a>) -> Result<()> {
        self.check_flags::<MpUnreach>(attribute);
        let MpUnreachRef { family, nlri } = MpUnreachRef::read(&mut attribute.reader())?;
        self.push_group(Action::Withdraw, family, &[], nlri).at("nlri")
    }

    #[inline]
    fn check_flags<T: PathAttribute>(&mut self, attribute: &AttributeRef<'a>) {
        if attribute.flags & attribute::flags::CLASS != T::CLASS {
            let error = attribute.reader().error(ErrorKind::Flags { found: attribute.flags });
            self.attribute_fault(T::wrong_flags(attribute.flags), attribute, error);
        }
    }

    /// RFC 7606, section 3.g. Told once of a code: 64 KiB hold twenty thousand of them, which all are among the attributes.
    #[cold]
    fn duplicate(&mut self, attribute: &AttributeRef<'a>, told: &mut Codes) {
        if !told.insert(attribute.code) {
            let error = attribute.reader().error(ErrorKind::Duplicate);
            self.attribute_fault(Treatment::AttributeDiscard, attribute, error);
        }
    }

    #[cold]
    fn attribute_fault(&mut self, treatment: Treatment, attribute: &AttributeRef<'a>, error: DecodeError) {
        let error = error.in_index(self.slots.len()).in_field("path_attributes");
        self.fault(treatment, Some(attribute.code), error, attribute.value);
    }

    #[cold]
    fn fault(&mut self, treatment: Treatment, attribute: Option<u8>, error: DecodeError, raw: &[u8]) {
        let error = error.in_field("update");
        self.faults.push(Fault { treatment, attribute, family: None, error, raw: raw.into() });
    }

    /// RFC 7606, section 3.d, has a speaker withdraw such routes. A monitoring station shows what the router holds: FRR 8.0
    /// holds and sends IPv4 routes without NEXT_HOP. They are kept, without the attribute, and the fault is told.
    #[inline(always)]
    fn require_mandatory(&mut self, seen: Seen, offset: u64) {
        let announces = self.groups.iter().any(|group| group.action == Action::Announce);
        if !announces {
            return;
        }
        // RFC 8205, section 3: BGPsec_PATH stands in for AS_PATH.
        let bgpsec = seen.once.contains(attribute::BgpsecPath::CODE);
        let mandatory = [
            (attribute::Origin::CODE, attribute::Origin::NAME, true),
            (AsPath::CODE, AsPath::NAME, !bgpsec),
            (attribute::ClassicNextHop::CODE, attribute::ClassicNextHop::NAME, !self.nlri.is_empty()),
        ];
        for (code, name, needed) in mandatory {
            if needed && !seen.once.contains(code) {
                let error =
                    DecodeError::new(ErrorKind::Missing, offset).in_field(name).in_field("path_attributes");
                self.fault(Treatment::AttributeDiscard, Some(code), error, &[]);
            }
        }
    }

    /// What attributes ask of each other and of the routes.
    #[inline]
    fn require_company(&mut self, seen: Seen) {
        // RFC 8205, section 5.2
        if seen.once.contains(attribute::BgpsecPath::CODE) && seen.once.contains(AsPath::CODE) {
            self.company_fault(attribute::BgpsecPath::CODE, "an attribute beside AS_PATH");
        }
        // RFC 10039, section 4: with VPN and EVPN routes only.
        if seen.once.contains(attribute::DPath::CODE)
            && self.groups.iter().any(|group| {
                group.action == Action::Announce
                    && !matches!(
                        group.family,
                        AddressFamily::IPV4_VPN | AddressFamily::IPV6_VPN | AddressFamily::L2VPN_EVPN
                    )
            })
        {
            self.company_fault(attribute::DPath::CODE, "an attribute of routes of this family");
        }
    }

    #[cold]
    fn company_fault(&mut self, code: u8, expected: &'static str) {
        let found = self.attributes().find(|attribute| attribute.code == code);
        if let Some(found) = found {
            let error = found.reader().error(ErrorKind::Form { expected });
            let error =
                error.in_field(attribute::name(code).unwrap_or("unknown")).in_field("path_attributes");
            self.fault(Treatment::TreatAsWithdraw, Some(code), error, found.value);
        }
    }

    #[inline]
    fn apply_treatment(&mut self) {
        if !self.faults.is_empty() {
            // RFC 7606, section 5.2: without a reachable NLRI, the NLRI may be what the error hides.
            let announces = self.groups.iter().any(|group| group.action == Action::Announce);
            if !announces && self.slots.iter().any(|slot| slot.code != MpUnreach::CODE) {
                let severe = |fault: &&mut Fault| fault.treatment == Treatment::TreatAsWithdraw;
                let faults = self.faults.iter_mut().filter(severe);
                faults.for_each(|fault| fault.treatment = Treatment::SessionReset);
            }
            for group in &mut self.groups {
                if self.faults.iter().any(|fault| fault.withdraws(group.family)) {
                    group.action = Action::Withdraw;
                    group.next_hop = &[];
                }
            }
        }
    }
}

/// Attribute codes that were there, and those that were there again.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    once: Codes,
    again: Codes,
}

/// A set of attribute codes.
#[derive(Clone, Copy, Debug, Default)]
struct Codes([u128; 2]);

impl Codes {
    /// Whether it was there before.
    #[inline]
    fn insert(&mut self, code: u8) -> bool {
        let before = self.contains(code);
        let [low, high] = &mut self.0;
        *if code < 128 { low } else { high } |= 1 << (code % 128);
        before
    }

    #[inline]
    fn contains(self, code: u8) -> bool {
        let [low, high] = self.0;
        (if code < 128 { low } else { high }) >> (code % 128) & 1 == 1
    }
}
