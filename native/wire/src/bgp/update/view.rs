//! An UPDATE where it is on the wire.

use smallvec::SmallVec;

use super::fault::Fault;
use super::group::RouteGroup;
use super::values::Update;
use crate::bgp::attribute::{code, AttributeRef, Attributes};
use crate::bgp::nlri::{self, Form};
use crate::bgp::{AddressFamily, Context, FamilySet};
use crate::bmp::version_4::Stateless;
use crate::reader::Reader;

#[derive(Clone, Copy, Debug)]
pub(in crate::bgp) struct Slot {
    pub(in crate::bgp) flags: u8,
    pub(in crate::bgp) code: u8,
    /// In the UPDATE, of the value.
    pub(in crate::bgp) start: u16,
    pub(in crate::bgp) length: u16,
    /// RFC 7606 discards it.
    pub(in crate::bgp) discarded: bool,
}

/// An UPDATE by reference.
#[derive(Clone, Debug)]
pub struct UpdateView<'a> {
    pub(in crate::bgp) body: &'a [u8],
    pub(in crate::bgp) offset: u64,
    pub(in crate::bgp) context: Context<'a>,
    pub(in crate::bgp) withdrawn: &'a [u8],
    pub(in crate::bgp) nlri: &'a [u8],
    pub(in crate::bgp) slots: SmallVec<[Slot; 10]>,
    pub(in crate::bgp) groups: SmallVec<[RouteGroup<'a>; 1]>,
    pub(super) faults: Vec<Fault>,
    pub(super) end_of_rib: Option<AddressFamily>,
    pub(super) as_width_mismatch: bool,
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
    pub(in crate::bgp) fn new(body: &'a [u8], offset: u64, context: Context<'a>) -> Self {
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

    /// Route groups in the order of the message: withdrawn routes, MP_REACH_NLRI and MP_UNREACH_NLRI as they come, NLRI. RFC 7606's
    /// treat-as-withdraw is already applied.
    #[inline]
    pub fn groups(&self) -> &[RouteGroup<'a>] {
        &self.groups
    }

    /// How the message was read.
    pub(crate) fn context(&self) -> Context<'a> {
        self.context
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
    pub(super) fn resolve(&self, slot: Slot) -> AttributeRef<'a> {
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
    pub(super) fn value_of(&self, code: u8) -> Option<&'a [u8]> {
        self.slots
            .iter()
            .find(|slot| slot.code == code && !slot.discarded)
            .map(|slot| self.resolve(*slot).value)
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
pub(super) fn in_groups(code: u8) -> bool {
    matches!(code, code::MP_REACH_NLRI | code::MP_UNREACH_NLRI)
}
