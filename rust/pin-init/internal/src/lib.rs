use proc_macro::TokenStream; #[proc_macro_derive(MaybeZeroable)] pub fn d(_: TokenStream)->TokenStream{TokenStream::new()}
