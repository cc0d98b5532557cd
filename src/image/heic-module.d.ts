/** libheif-js ships no types for its entry points; what is used of it is described in heic.ts. */
declare module "libheif-js/wasm-bundle.js" {
  const libheif: unknown;
  export default libheif;
}
