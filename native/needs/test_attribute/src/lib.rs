//! The `#[test]` of the crate `needs`: see there.

use proc_macro::{TokenStream, TokenTree};

/// Makes a function without arguments a test of a target whose harness is `needs`.
#[proc_macro_attribute]
pub fn test(_arguments: TokenStream, function: TokenStream) -> TokenStream {
    let mut words = function.clone().into_iter().skip_while(|token| token.to_string() != "fn");
    let Some(TokenTree::Ident(name)) = words.nth(1) else {
        return r##"compile_error!("#[test] stands before a function");"##.parse().unwrap_or_default();
    };
    let register = format!(
        "::needs::inventory::submit! {{
             ::needs::Test {{ path: ::core::concat!(::core::module_path!(), \"::{name}\"), run: {name} }}
         }}"
    );
    function.into_iter().chain(register.parse::<TokenStream>().unwrap_or_default()).collect()
}
