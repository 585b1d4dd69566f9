// On every tick of the service fetches this page again and swaps the regions that changed, at most twice a second.
// Scroll, focus and opened details stay as they are. A page without ticks for five seconds says so.
import { localise } from "/static/clock.js";

const PAUSE_MS = 500; // below the tick, so that a tick is never waited for twice
const STALE_MS = 5000;
const SHARE = 3; // a refresh that takes long is asked for less often, so that a watched page never floods the service

let lastTick = performance.now();
let lastFetch = -Infinity;
let tookMs = 0;
let fetching = false;
let waiting = false;
const fresh = new Map(); // what the server last sent for a region, before its times were rewritten

function keep(region) {
  const active = document.activeElement;
  const focused = region.contains(active) ? active.id : "";
  const opened = [...region.querySelectorAll("details[id]")].map((each) => [each.id, each.open]);
  const scrolled = [...region.querySelectorAll("[data-scroll]")].map((each) => [each.dataset.scroll, each.scrollLeft]);
  return () => {
    for (const [id, open] of opened) {
      const found = document.getElementById(id);
      if (found) found.open = open;
    }
    for (const [name, left] of scrolled) {
      const found = region.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
      if (found) found.scrollLeft = left;
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };
}

function swap(page) {
  for (const region of document.querySelectorAll("[data-live][id]")) {
    const found = page.getElementById(region.id);
    if (!found || found.innerHTML === fresh.get(region.id)) continue;
    const selection = getSelection();
    if (selection && !selection.isCollapsed && region.contains(selection.anchorNode)) continue;
    const restore = keep(region);
    fresh.set(region.id, found.innerHTML);
    localise(found);
    region.replaceChildren(...found.childNodes);
    region.className = found.className;
    restore();
  }
  document.title = page.title;
  document.dispatchEvent(new Event("refreshed"));
}

async function refresh() {
  waiting = false;
  fetching = true;
  lastFetch = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the next tick tries again; a service that is gone sends none, and the banner says so
  } finally {
    fetching = false;
    tookMs = performance.now() - lastFetch;
  }
}

function ticked() {
  lastTick = performance.now();
  if (waiting || document.visibilityState === "hidden") return;
  waiting = true;
  const rest = Math.max(0, Math.max(PAUSE_MS, SHARE * tookMs) - (lastTick - lastFetch));
  setTimeout(() => (fetching ? (waiting = false) : refresh()), rest);
}

function watch() {
  const source = new EventSource("/events");
  source.addEventListener("tick", ticked);
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
    setTimeout(watch, 2000);
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

setInterval(() => {
  const stale = performance.now() - lastTick > STALE_MS;
  const banner = document.getElementById("stale");
  if (banner.hidden === stale) banner.hidden = !stale;
}, 500);

localise(document);
watch();
