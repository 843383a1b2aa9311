// How the scripts are linted: npm install && npm run lint

import js from "@eslint/js";

const PAGE = [
  "AbortController", "Blob", "DOMParser", "DecompressionStream", "ResizeObserver", "Response", "addEventListener", "atob",
  "cancelAnimationFrame", "clearInterval", "document", "getComputedStyle", "matchMedia", "navigator", "parent",
  "requestAnimationFrame", "setInterval", "window",
];
const PLAYGROUND = [
  ...PAGE, "CompressionStream", "TextDecoderStream", "TextEncoder", "TransformStream", "URL", "WebAssembly", "Worker",
  "btoa", "caches", "clearTimeout", "fetch", "history", "location", "onmessage:writable", "postMessage", "self",
  "setTimeout",
];

const globals = (names) => Object.fromEntries(names.map((name) => [name.split(":")[0], name.split(":")[1] ?? "readonly"]));

export default [
  js.configs.recommended,
  {
    languageOptions: { globals: globals(PAGE) },
    rules: { eqeqeq: "error", "no-self-compare": "off", "no-var": "error", "prefer-const": "error", "no-shadow": "error" },
  },
  { files: ["site/**"], languageOptions: { globals: globals(PLAYGROUND) } },
];
