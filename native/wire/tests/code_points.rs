//! Numbers that IANA names stand in `wire::registry` and nowhere else: the sources of all crates, of Elixir and of the pages are
//! searched for those that are written out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::visit::{self, Visit};

/// What a name has in it that holds a code point.
const WORDS: [&str; 15] = [
    "afi",
    "safi",
    "type",
    "kind",
    "code",
    "subcode",
    "subtype",
    "number",
    "reason",
    "action",
    "role",
    "mode",
    "protocol",
    "capability",
    "tlv",
];

/// Numbers that are compared and are no code points of BMP's or BGP's: file, what is compared, and what they are.
const OTHERS: &[(&str, &str, &str)] = &[
    ("native/batch/src/routes.rs", "with 0", "what Protobuf has for a boolean"),
    ("native/collector/src/run/md5.rs", "const PREFIX", "Linux's"),
    ("native/collector/src/run/md5.rs", "const V4", "Linux's"),
    ("native/collector/src/run/md5.rs", "const V6", "Linux's"),
    ("native/collector/src/run/openbmp/header.rs", "const", "OpenBMP's"),
    ("native/fuzz/src/worst.rs", "const NO_ATTRIBUTE", "a code that IANA has not assigned"),
    ("native/rib/src/copy/stream.rs", "const V", "Postgres'"),
    ("native/rib/src/ocsf/mod.rs", "type_id", "OCSF's"),
    ("native/rib/src/semantic.rs", "const", "ServiceRadar's"),
    ("native/wire/src/bgp/attribute/attr_26_aigp.rs", "const", "lengths"),
    ("native/wire/src/bgp/attribute/attr_34_community_container.rs", "const HEADER", "a length"),
    ("native/wire/src/bgp/attribute/flags.rs", "const", "bits of an attribute's flags, a file of their own"),
    ("native/wire/src/bgp/nlri/flowspec.rs", "numeric compares", "bits of an operator"),
    ("native/wire/src/bgp/nlri/mdt.rs", "const BITS", "a length"),
    (
        "native/wire/src/bgp/notification.rs",
        "fmt compares (self . subcode_name",
        "0 is no subcode, whatever the code",
    ),
    ("native/wire/src/bgp/tlv.rs", "short_length", "from here on a length has two octets"),
    ("native/wire/src/bgp/update/decode.rs", "compares code", "half of a set of 256 bits"),
    ("native/wire/src/bmp/version_4.rs", "const", "bits"),
];

#[test]
fn code_points_are_in_the_registry_alone() {
    let mut found = Vec::new();
    for file in files("native", "rs") {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_string();
        let in_a_crate = path.split('/').nth(2) == Some("src");
        if !in_a_crate || path.starts_with("native/wire/src/registry/") || path.ends_with("generated.rs") {
            continue;
        }
        let mut search = Search { found: Vec::new(), function: String::new() };
        search.visit_file(&syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap());
        found.extend(search.found.into_iter().map(|what| (path.clone(), what)));
    }
    let is_other = |(path, what): &(String, String)| {
        OTHERS.iter().any(|(file, compared, _)| path == file && what.contains(compared))
    };
    let bare: Vec<String> =
        found.iter().filter(|one| !is_other(one)).map(|(path, what)| format!("{path}: {what}")).collect();
    assert!(bare.is_empty(), "name these in native/wire/src/registry:\n{}", bare.join("\n"));
    for (file, compared, _) in OTHERS {
        assert!(
            found.iter().any(|(path, what)| path == file && what.contains(compared)),
            "{file} does not compare {compared} any more"
        );
    }
}

#[test]
fn elixir_and_the_pages_ask_the_registry() {
    let mut bare = Vec::new();
    for file in
        ["ex", "exs", "heex"].iter().flat_map(|ending| files("lib", ending)).chain(files("assets/src", "ts"))
    {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            if compares_a_code_point(line) {
                bare.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(bare.is_empty(), "ask ServiceRadar.BMP.Registry for these:\n{}", bare.join("\n"));
}

#[test]
fn a_bare_code_point_is_found() {
    let found = |text: &str| {
        let mut search = Search { found: Vec::new(), function: String::new() };
        search.visit_file(&syn::parse_file(text).unwrap());
        search.found.len()
    };
    assert_eq!(found("fn f() { match route_type { 5 => a(), _ => b() } }"), 1);
    assert_eq!(found("fn f() { match (kind, subtype) { (0..=2, 0x02) => a(), _ => b() } }"), 1);
    assert_eq!(found("fn f() -> bool { family.safi == 70 }"), 1);
    assert_eq!(found("fn f() -> bool { matches!(self.kind, 7 | 8) }"), 1);
    assert_eq!(found("fn f(x: u8) -> &'static str { match x { 1 => \"node\", _ => \"\" } }"), 1);
    assert_eq!(found("const REMOVE_ALL: u8 = 2;"), 1);
    assert_eq!(found("fn f() { match reader.len() { 4 => a(), _ => b() } }"), 0);
    assert_eq!(found("#[cfg(test)] mod tests { fn f() -> bool { safi == 70 } }"), 0);
    assert!(compares_a_code_point("  def evpn?(%{safi: safi}), do: safi == 70"));
    assert!(compares_a_code_point("  if (row.afi === 2) return;"));
    assert!(!compares_a_code_point("      iex> safi == 70"));
    assert!(!compares_a_code_point("  if (count === 2) return;"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// The files with an ending below a folder of the repository; without what cargo built.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|found| found == ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Whether a name speaks of a code point: `route_type`, `afi`, but not `archetype`.
fn speaks_of_one(text: &str) -> bool {
    let names = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    names.flat_map(|name| name.split('_')).any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// In a line of Elixir or TypeScript: a name of a code point, a comparison, and a number.
fn compares_a_code_point(line: &str) -> bool {
    let line = line.trim();
    if ["#", "//", "*", "iex>", "...>"].iter().any(|start| line.starts_with(start)) {
        return false;
    }
    ["===", "!==", "==", "!=", " in "].iter().any(|operator| {
        line.match_indices(operator).any(|(at, _)| {
            let (before, after) = (line[..at].trim_end(), line[at + operator.len()..].trim_start());
            let name =
                before.rsplit(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).next();
            name.is_some_and(speaks_of_one)
                && after.trim_start_matches('[').starts_with(|letter: char| letter.is_ascii_digit())
                && !after.contains("..")
        })
    })
}

/// Code points that are written out, each with what it is compared with.
struct Search {
    found: Vec<String>,
    function: String,
}

impl Search {
    fn note(&mut self, compared: &str, number: &str) {
        self.found.push(format!("{} compares {compared} with {number}", self.function));
    }
}

/// The first number of a pattern.
struct Number(Option<String>);

impl Visit<'_> for Number {
    fn visit_lit_int(&mut self, number: &syn::LitInt) {
        self.0.get_or_insert(number.to_string());
    }
}

fn number_in(pattern: &syn::Pat) -> Option<String> {
    let mut number = Number(None);
    number.visit_pat(pattern);
    number.0
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string().contains("test"))
}

/// Whether a value is a code point; some bits of it, or its length, are not.
fn is_one(value: &syn::Expr) -> bool {
    let text = value.to_token_stream().to_string();
    speaks_of_one(&text) && !text.contains(['&', '%']) && !text.ends_with("len ()")
}

fn is_text(body: &syn::Expr) -> bool {
    matches!(body, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(_), .. }))
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !is_test(&function.attrs) {
            self.function = function.sig.ident.to_string();
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function = function.sig.ident.to_string();
        visit::visit_impl_item_fn(self, function);
    }

    /// A match over a code point, and one that gives numbers their names.
    fn visit_expr_match(&mut self, all: &'ast syn::ExprMatch) {
        let compared = all.expr.to_token_stream().to_string();
        let number = all.arms.iter().find_map(|arm| match (&*all.expr, &arm.pat) {
            (syn::Expr::Tuple(values), syn::Pat::Tuple(patterns)) => {
                let mut pairs = values.elems.iter().zip(&patterns.elems);
                pairs.find_map(|(value, pattern)| number_in(pattern).filter(|_| is_one(value)))
            }
            (value, pattern) => number_in(pattern).filter(|_| is_text(&arm.body) || is_one(value)),
        });
        if let Some(number) = number {
            self.note(&compared, &number);
        }
        visit::visit_expr_match(self, all);
    }

    /// `safi == 70`
    fn visit_expr_binary(&mut self, comparison: &'ast syn::ExprBinary) {
        use syn::BinOp::{Eq, Ge, Gt, Le, Lt, Ne};
        let number = comparison.right.to_token_stream().to_string();
        if matches!(comparison.op, Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_))
            && is_one(&comparison.left)
            && number.starts_with(|letter: char| letter.is_ascii_digit())
        {
            self.note(&comparison.left.to_token_stream().to_string(), &number);
        }
        visit::visit_expr_binary(self, comparison);
    }

    /// `matches!(kind, 7 | 8)`
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("matches") {
            let parts = call.parse_body_with(|input: syn::parse::ParseStream<'_>| {
                let compared: syn::Expr = input.parse()?;
                input.parse::<syn::Token![,]>()?;
                let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
                input.parse::<proc_macro2::TokenStream>()?;
                Ok((compared, pattern))
            });
            let (compared, pattern) = parts.expect("matches! has a value and a pattern");
            if let Some(number) = number_in(&pattern).filter(|_| is_one(&compared)) {
                self.note(&compared.to_token_stream().to_string(), &number);
            }
        }
    }

    /// `const REMOVE_ALL: u8 = 2;`
    fn visit_item_const(&mut self, constant: &'ast syn::ItemConst) {
        let of = constant.ty.to_token_stream().to_string();
        let value = constant.expr.to_token_stream().to_string();
        if matches!(of.as_str(), "u8" | "u16") && value.starts_with(|letter: char| letter.is_ascii_digit()) {
            self.found.push(format!("const {} is {value}", constant.ident));
        }
    }
}
