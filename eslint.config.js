// How the page's scripts are linted: npm install && npm run lint

import js from "@eslint/js";

const BROWSER = ["document", "navigator", "matchMedia", "setInterval", "clearInterval", "AbortController", "ResizeObserver", "getComputedStyle"];

export default [
  js.configs.recommended,
  {
    languageOptions: { globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])) },
    rules: { eqeqeq: "error", "no-self-compare": "off", "no-var": "error", "prefer-const": "error", "no-shadow": "error" },
  },
];
