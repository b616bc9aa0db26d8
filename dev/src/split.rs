//! `kinora-split IN.wasm FOLDER`: takes the site's wasm apart at its lazy pages, for `wasm-bindgen` to finish `main.wasm`.
//! What each piece needs goes into a manifest, by which the server tells browsers to fetch it early.

use anyhow::{Context, anyhow};
use std::path::PathBuf;
use std::{env, fs};
use wasm_split_cli_support::{Options, transform};

/// By which Leptos knows them.
const LINK: &str = "./__wasm_split.______________________.js";
const MANIFEST: &str = "__wasm_split_manifest.json";
/// What `wasm-bindgen` makes of the main piece.
const MAIN_MODULE: &str = "./kinora.js";

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(input), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: kinora-split IN.wasm FOLDER");
    };
    let wasm = fs::read(&input).with_context(|| format!("{} can't be read", input.display()))?;
    let main = folder.join("main.wasm");
    let mut options = Options::new(&wasm);
    options.output_dir = &folder;
    options.main_out_path = &main;
    options.link_name = LINK;
    options.main_module = MAIN_MODULE;
    let split = transform(options).map_err(|error| anyhow!("{error:?}"))?;
    fs::write(folder.join(MANIFEST), serde_json::to_vec(&split.prefetch_map)?)?;
    Ok(())
}
