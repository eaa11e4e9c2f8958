//! UPDATE (RFC 4271, section 4.3; RFC 4760; RFC 7606).
//!
//! [`UpdateView::decode`] checks the whole message in one pass and allocates nothing when it is well formed. What is
//! malformed inside an attribute becomes a [`Fault`], with RFC 7606's treatment already applied to the route groups; what makes
//! the routes themselves unreadable is an error.

use std::borrow::Cow;

use serde::Serialize;
use smallvec::SmallVec;

use super::attribute::attr_14_mp_reach_nlri::{self, MpReachRef};
use super::attribute::attr_15_mp_unreach_nlri::MpUnreachRef;
use super::attribute::{
    self, code, Aggregator, As4Aggregator, As4Path, AsPath, AttributeRef, AttributeValue, Attributes,
    MpReach, MpUnreach, NextHop, PathAttribute, Registered, Treatment,
};
use super::nlri::{self, Form, LabelStack};
use super::{AddressFamily, Context, FamilySet, Nlri};
use crate::bmp::version_4::Stateless;
use crate::error::{At, DecodeError, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::message;

/// What a group of routes is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Announce,
    Withdraw,
}

/// Routes of one field of an UPDATE, where they are on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteGroup<'a> {
    pub action: Action,
    pub family: AddressFamily,
    /// Every NLRI starts with a path identifier (RFC 7911).
    pub add_path: bool,
    /// Whether they do was not negotiated but seen in the messages.
    pub inferred: bool,
    /// As in NEXT_HOP or MP_REACH_NLRI; empty for withdrawals. [`NextHop::decode`] reads it.
    pub next_hop: &'a [u8],
    /// NLRI back to back, checked.
    pub nlri: &'a [u8],
    /// How many NLRI there are; 1 for a family without a reading.
    pub count: u32,
    pub labels: LabelStack,
}

impl<'a> RouteGroup<'a> {
    pub fn iter(&self) -> nlri::Iter<'a> {
        nlri::iter(self.family, self.form(), self.nlri)
    }

    fn form(&self) -> Form {
        Form { add_path: self.add_path, labels: self.labels }
    }

    /// The NLRI as [`nlri::canonical`] writes them.
    pub fn canonical_nlri(&self) -> Cow<'a, [u8]> {
        nlri::canonical(self.family, self.form(), self.nlri)
    }
}

/// Something malformed that RFC 7606 says how to live with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub treatment: Treatment,
    /// Type code; `None` where the list of attributes itself is malformed.
    pub attribute: Option<u8>,
    /// What is disabled: of [`Treatment::AfiSafiDisable`] only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<AddressFamily>,
    pub error: DecodeError,
    /// The attribute's value as it came.
    pub raw: Raw,
}

impl Fault {
    /// Whether routes of the family that the message announces are withdrawn for it (RFC 7606, section 2).
    fn withdraws(&self, family: AddressFamily) -> bool {
        match self.treatment {
            Treatment::Kept | Treatment::AttributeDiscard => false,
            Treatment::AfiSafiDisable => self.family.is_none_or(|disabled| disabled == family),
            Treatment::TreatAsWithdraw | Treatment::SessionReset => true,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) flags: u8,
    pub(super) code: u8,
    /// In the UPDATE, of the value.
    pub(super) start: u16,
    pub(super) length: u16,
    /// RFC 7606 discards it.
    pub(super) discarded: bool,
}

/// An UPDATE by reference.
#[derive(Clone, Debug)]
pub struct UpdateView<'a> {
    pub(super) body: &'a [u8],
    pub(super) offset: u64,
    pub(super) context: Context<'a>,
    pub(super) withdrawn: &'a [u8],
    pub(super) nlri: &'a [u8],
    pub(super) slots: SmallVec<[Slot; 10]>,
    pub(super) groups: SmallVec<[RouteGroup<'a>; 1]>,
    faults: Vec<Fault>,
    end_of_rib: Option<AddressFamily>,
    as_width_mismatch: bool,
    pub(crate) evidence: Evidence,
}

/// What an UPDATE shows about path identifiers (RFC 7911).
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence {
    /// Families that from this message on are read another way than before, since it reads only so. Whether that is as it was
    /// negotiated, [`UpdateView::is_inferred`] tells.
    pub turned: FamilySet,
    /// Families of the message of which messages have not shown enough yet to know for good which way is right.
    pub open: FamilySet,
    /// Those of them that read in one way only.
    pub one_way: FamilySet,
    /// Those of them of which it is known after this message.
    pub settled: FamilySet,
}

impl<'a> UpdateView<'a> {
    #[inline(always)]
    pub(super) fn new(body: &'a [u8], offset: u64, context: Context<'a>) -> Self {
        UpdateView {
            body,
            offset,
            context,
            withdrawn: &[],
            nlri: &[],
            slots: SmallVec::new(),
            groups: SmallVec::new(),
            faults: Vec::new(),
            end_of_rib: None,
            as_width_mismatch: false,
            evidence: Evidence::default(),
        }
    }

    /// Reads a whole message, its header included.
    #[inline(always)]
    pub fn decode_message(reader: &mut Reader<'a>, context: Context<'a>) -> Result<Self> {
        let body = super::header_of(reader, message::UPDATE, "2 (UPDATE)")?;
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
            self.end_of_rib = AddressFamily::decode(&mut value).ok();
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
        let Err((treatment, error)) = attribute::check(attribute, self.context) else {
            if let Some(error) = attribute::as_0(attribute, self.context) {
                let name = attribute::name(attribute.code).unwrap_or("unknown");
                self.attribute_fault(Treatment::Kept, attribute, error.in_field(name));
            }
            return false;
        };
        // Routers do set the A flag wrongly (FRR 8.4 for its own routes): where the path reads as a whole in the other
        // width, that is what it is.
        if attribute.code == AsPath::CODE && !matches!(error.kind(), ErrorKind::Flags { .. }) {
            let other = Context { two_octet_as: !self.context.two_octet_as, ..self.context };
            if attribute::check(attribute, other).is_ok() {
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

    /// Route groups in the order of the message: withdrawn routes, MP_REACH_NLRI and MP_UNREACH_NLRI as they come, NLRI. RFC 7606's
    /// treat-as-withdraw is already applied.
    #[inline]
    pub fn groups(&self) -> &[RouteGroup<'a>] {
        &self.groups
    }

    /// How the session's messages are read, without what this message says of itself.
    pub(crate) fn session_context<'b>(&self) -> Context<'b> {
        let Context { two_octet_as, add_path, inferred, settled, multiple_labels, external, stateless: _ } =
            self.context;
        let stateless = Stateless::default();
        Context { two_octet_as, add_path, inferred, settled, multiple_labels, external, stateless }
    }

    /// What the message shows about path identifiers, beyond what was known before.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Finds out which families of the message read with the other setting of ADD-PATH too.
    pub(crate) fn weigh(&mut self) {
        for group in &self.groups {
            if self.context.is_open(group.family) {
                let other = group.form().with_other_path_ids();
                self.evidence.open.insert(group.family);
                if nlri::check(group.family, other, Reader::new(group.nlri, 0)).is_err() {
                    self.evidence.one_way.insert(group.family);
                }
            }
        }
    }

    /// Whether the family is read another way than it was negotiated.
    pub fn is_inferred(&self, family: AddressFamily) -> bool {
        self.context.is_inferred(family)
    }

    /// Families whose path identifiers are inferred.
    pub fn inferred_families(&self) -> Vec<AddressFamily> {
        let inferred: FamilySet =
            self.groups.iter().filter(|group| group.inferred).map(|group| group.family).collect();
        inferred.iter().collect()
    }

    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The family whose initial dump ends here (RFC 4724, section 2).
    pub fn end_of_rib(&self) -> Option<AddressFamily> {
        self.end_of_rib
    }

    /// AS numbers of AS_PATH have two octets, as it reads.
    pub fn two_octet_as(&self) -> bool {
        self.context.two_octet_as
    }

    /// AS_PATH reads in another width than the A flag says.
    pub fn as_width_mismatch(&self) -> bool {
        self.as_width_mismatch
    }

    /// Every attribute in the order of the message, those too that RFC 7606 discards.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeRef<'a>> + '_ {
        self.slots.iter().map(|slot| self.resolve(*slot))
    }

    /// The attributes that count: those that RFC 7606 discards are left out.
    #[inline]
    pub fn kept_attributes(&self) -> impl Iterator<Item = AttributeRef<'a>> + '_ {
        self.slots.iter().filter(|slot| !slot.discarded).map(|slot| self.resolve(*slot))
    }

    #[inline(always)]
    fn resolve(&self, slot: Slot) -> AttributeRef<'a> {
        let start = usize::from(slot.start);
        AttributeRef {
            flags: slot.flags,
            code: slot.code,
            value: self.body.get(start..start + usize::from(slot.length)).unwrap_or_default(),
            offset: self.offset + u64::from(slot.start),
        }
    }

    /// The value of the first attribute of a code that is not discarded.
    #[inline]
    fn value_of(&self, code: u8) -> Option<&'a [u8]> {
        self.slots
            .iter()
            .find(|slot| slot.code == code && !slot.discarded)
            .map(|slot| self.resolve(*slot).value)
    }

    /// Adds the attributes that the announced routes share, in one form: RFC 4271 encoding, sorted by code, shortest
    /// length, unused flag bits cleared, AS_PATH and AGGREGATOR with four octets an AS number, AS4_PATH and AS4_AGGREGATOR merged into them
    /// (RFC 6793), without NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI (the groups carry these), and without what RFC 7606
    /// discards. Two attribute sets are the same when, and only when, these octets are.
    pub fn canonical_attributes(&self, out: &mut Vec<u8>) {
        let kept = |slot: &&Slot| !slot.discarded && !is_apart(slot.code);
        if self.slots.is_sorted_by_key(|slot| if in_groups(slot.code) { 0 } else { slot.code }) {
            self.write_canonical(self.slots.iter().filter(kept).copied(), out);
        } else {
            let mut sorted: SmallVec<[Slot; 10]> = self.slots.iter().filter(kept).copied().collect();
            sorted.sort_by_key(|slot| slot.code);
            self.write_canonical(sorted.into_iter(), out);
        }
    }

    /// What is canonical on the wire already, and that is nearly all, is copied as it is, neighbours together.
    #[inline]
    fn write_canonical(&self, slots: impl Iterator<Item = Slot>, out: &mut Vec<u8>) {
        let (mut start, mut end) = (0, 0);
        for slot in slots {
            if self.is_canonical(slot) {
                let value = usize::from(slot.start);
                let head = value.saturating_sub(3);
                if head != end {
                    out.extend_from_slice(self.body.get(start..end).unwrap_or_default());
                    start = head;
                }
                end = value + usize::from(slot.length);
            } else {
                out.extend_from_slice(self.body.get(start..end).unwrap_or_default());
                (start, end) = (0, 0);
                self.rewrite_canonical(slot, out);
            }
        }
        out.extend_from_slice(self.body.get(start..end).unwrap_or_default());
    }

    /// Flags without an unused bit, a length of one octet, and nothing to be widened.
    #[inline(always)]
    fn is_canonical(&self, slot: Slot) -> bool {
        slot.flags & 0x1f == 0
            && !(slot.code == AsPath::CODE && self.context.two_octet_as)
            && !(slot.code == Aggregator::CODE && slot.length == 6)
    }

    #[cold]
    fn rewrite_canonical(&self, slot: Slot, out: &mut Vec<u8>) {
        let attribute = self.resolve(slot);
        match attribute.code {
            AsPath::CODE if self.context.two_octet_as => {
                let mut value = Vec::new();
                self.merged_as_path().unwrap_or_default().encode(&mut value);
                attribute::encode_canonical(out, attribute.flags, AsPath::CODE, &value);
            }
            Aggregator::CODE if attribute.value.len() == 6 => {
                let mut value = Vec::new();
                if let Some(aggregator) = self.merged_aggregator() {
                    aggregator.encode(&mut value);
                }
                attribute::encode_canonical(out, attribute.flags, Aggregator::CODE, &value);
            }
            code => attribute::encode_canonical(out, attribute.flags, code, attribute.value),
        }
    }

    /// AS_PATH with AS4_PATH merged where AS numbers have two octets (RFC 6793, section 4.2.3).
    pub fn merged_as_path(&self) -> Option<AsPath> {
        let mut reader = Reader::new(self.value_of(AsPath::CODE)?, 0);
        let path = AsPath::read(&mut reader, self.context.two_octet_as).ok()?;
        if !self.context.two_octet_as {
            // RFC 6793, section 4.1: between speakers with four octets AS4_PATH is ignored.
            return Some(path);
        }
        // RFC 6793, section 4.2.3: with another AS in AGGREGATOR than AS_TRANS, both AS4 attributes are ignored.
        let aggregator = self.typed::<Aggregator>();
        let ignored = self.value_of(As4Aggregator::CODE).is_some()
            && aggregator.is_some_and(|aggregator| aggregator.asn != AS_TRANS);
        match self.typed::<As4Path>() {
            Some(As4Path(as4)) if !ignored => Some(path.merge_as4(&as4)),
            _ => Some(path),
        }
    }

    /// AGGREGATOR with AS4_AGGREGATOR merged (RFC 6793, section 4.2.3), with four octets.
    pub fn merged_aggregator(&self) -> Option<Aggregator> {
        let aggregator = self.typed::<Aggregator>()?;
        let merged = match self.typed::<As4Aggregator>() {
            Some(as4) if aggregator.two_octet && aggregator.asn == AS_TRANS => {
                Aggregator { asn: as4.asn, address: as4.address, two_octet: false }
            }
            _ => Aggregator { two_octet: false, ..aggregator },
        };
        Some(merged)
    }

    fn typed<T: PathAttribute>(&self) -> Option<T> {
        let mut reader = Reader::new(self.value_of(T::CODE)?, 0);
        T::decode(&mut reader, self.context).ok()
    }

    /// The UPDATE in owned, typed values.
    pub fn to_owned(&self) -> Update {
        let v4 = AddressFamily::IPV4_UNICAST;
        let form = Form::canonical(self.context.has_path_ids(v4));
        // Both blocks have been checked: they decode.
        let nlri = |block| nlri::decode(v4, form, Reader::new(block, 0)).unwrap_or_default();
        let mut attributes = Vec::with_capacity(self.slots.len());
        attributes.extend(self.attributes().map(|attribute| attribute.to_owned(self.context)));
        Update {
            withdrawn: if self.withdrawn.is_empty() { Vec::new() } else { nlri(self.withdrawn) },
            attributes: Attributes(attributes),
            nlri: if self.nlri.is_empty() { Vec::new() } else { nlri(self.nlri) },
            end_of_rib: self.end_of_rib,
            two_octet_as: self.context.two_octet_as,
            as_width_mismatch: self.as_width_mismatch,
            add_path_inferred: self.inferred_families(),
            faults: self.faults.clone(),
        }
    }
}

/// Whether the routes of the attribute are in the groups.
#[inline(always)]
fn in_groups(code: u8) -> bool {
    matches!(code, code::MP_REACH_NLRI | code::MP_UNREACH_NLRI)
}

/// Whether the groups say what the attribute says, or another attribute does: it is in no canonical set.
#[inline(always)]
fn is_apart(code: u8) -> bool {
    in_groups(code) || matches!(code, code::NEXT_HOP | code::AS4_PATH | code::AS4_AGGREGATOR)
}

/// RFC 6793, section 9
const AS_TRANS: u32 = 23456;

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

/// An UPDATE in owned values, as it is on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Update {
    /// Withdrawn routes field: IPv4 unicast.
    pub withdrawn: Vec<Nlri>,
    /// In the order of the message, MP_REACH_NLRI and MP_UNREACH_NLRI with their NLRI among them.
    pub attributes: Attributes,
    /// NLRI field: IPv4 unicast.
    pub nlri: Vec<Nlri>,
    pub end_of_rib: Option<AddressFamily>,
    /// AS numbers of AS_PATH have two octets on the wire.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub two_octet_as: bool,
    /// AS_PATH reads in another width than the A flag says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub as_width_mismatch: bool,
    /// Families whose NLRI have path identifiers, or have none, other than it was negotiated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_path_inferred: Vec<AddressFamily>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// Routes of one field of an owned UPDATE.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Routes<'a> {
    pub action: Action,
    pub family: AddressFamily,
    pub next_hop: NextHop,
    pub nlri: &'a [Nlri],
}

impl Update {
    /// Route groups in the order of the message, RFC 7606's treat-as-withdraw applied; see [`UpdateView::groups`].
    pub fn groups(&self) -> impl Iterator<Item = Routes<'_>> {
        let v4 = AddressFamily::IPV4_UNICAST;
        let withdrawn =
            Routes { action: Action::Withdraw, family: v4, next_hop: NextHop::None, nlri: &self.withdrawn };
        let next_hop = self.attributes.next_hop().map_or(NextHop::None, |next_hop| NextHop::Ipv4(next_hop.0));
        let announced = Routes { action: Action::Announce, family: v4, next_hop, nlri: &self.nlri };
        let multiprotocol = self.attributes.iter().filter_map(|attribute| match &attribute.value {
            AttributeValue::MpReach(MpReach { family, next_hop, nlri }) => {
                Some(Routes { action: Action::Announce, family: *family, next_hop: next_hop.clone(), nlri })
            }
            AttributeValue::MpUnreach(MpUnreach { family, nlri }) => {
                Some(Routes { action: Action::Withdraw, family: *family, next_hop: NextHop::None, nlri })
            }
            _ => None,
        });
        std::iter::once(withdrawn)
            .chain(multiprotocol)
            .chain(std::iter::once(announced))
            .filter(|group| !group.nlri.is_empty())
            .map(move |group| match self.faults.iter().any(|fault| fault.withdraws(group.family)) {
                true => Routes { action: Action::Withdraw, next_hop: NextHop::None, ..group },
                false => group,
            })
    }

    /// Writes a whole message, its header included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        super::encode(message::UPDATE, out, |out| {
            super::encode_with_u16_length(out, |out| self.withdrawn.iter().for_each(|nlri| nlri.encode(out)));
            super::encode_with_u16_length(out, |out| {
                for attribute in &self.attributes {
                    match &attribute.value {
                        AttributeValue::AsPath(path) if self.two_octet_as => {
                            let mut value = Vec::new();
                            path.write(&mut value, true);
                            let value = attribute::Unknown { code: AsPath::CODE, value: value.into() };
                            let value = AttributeValue::Unknown(value);
                            attribute::Attribute { flags: attribute.flags, value }.encode(out);
                        }
                        _ => attribute.encode(out),
                    }
                }
            });
            self.nlri.iter().for_each(|nlri| nlri.encode(out));
        });
    }
}
