// Runs before the first paint: ?theme=dark|light in the URL, else the stored choice, else the system's.
const root = document.documentElement;

function stored() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage may be forbidden; then the system decides
  }
}

const asked = new URLSearchParams(location.search).get("theme") || stored();
if (asked === "dark" || asked === "light") root.dataset.theme = asked;

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".theme");
  button.hidden = false; // without this script it would do nothing
  button.addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // the choice then lasts for this page
    }
  });
});
