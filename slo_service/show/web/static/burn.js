// Draws an opened tier's burn with uPlot from the table below it, so that values can be read off along the time axis.
// Without this script, or without uPlot, the server's two drawings stay.
const FLOOR = 0.1; // as in the server's drawings: less is drawn here, and the legend names the value itself
const HEIGHT = 220;
const plots = new Map(); // by tier: the drawing outlives the region around it, which every update replaces

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dated = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const times = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3))) + "\u00d7";

let loading;
function library() {
  loading ??= new Promise((done, failed) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/static/vendor/uplot.min.css" });
    const script = Object.assign(document.createElement("script"), { src: "/static/vendor/uplot.min.js" });
    script.addEventListener("load", () => done(globalThis.uPlot));
    script.addEventListener("error", failed);
    document.head.append(style, script);
  });
  return loading;
}

function number(cell) {
  const text = cell.textContent.replaceAll(",", "").replace("<", "").replace("\u00d7", "").trim();
  return text === "" || Number.isNaN(Number(text)) ? null : Number(text); // "not measured" is a gap
}

function read(place) {
  const rows = [...place.closest("details").querySelectorAll(".burns tbody tr")].reverse();
  const at = rows.map((row) => Date.parse(row.querySelector("time").dateTime) / 1000);
  const [long, short] = [1, 2].map((column) => rows.map((row) => number(row.cells[column])));
  const lifted = (values) => values.map((value) => (value === null ? null : Math.max(value, FLOOR)));
  const spans = place.dataset.spans.trim().split(" ").filter(Boolean);
  return {
    values: [null, long, short],
    data: [at, lifted(long), lifted(short)],
    factor: Number(place.dataset.factor),
    spans: spans.map((span) => span.split("-").map((ms) => Number(ms) / 1000)),
  };
}

function ground(kept) {
  return (u) => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.fillStyle = colour("--red-wash")();
    for (const [start, end] of kept.read.spans) {
      const from = Math.max(left, u.valToPos(start, "x", true));
      const to = Math.min(left + width, u.valToPos(end, "x", true));
      if (to > from) ctx.fillRect(from, top, to - from, height);
    }
    const y = u.valToPos(kept.read.factor, "y", true);
    ctx.strokeStyle = colour("--ink-2")();
    ctx.setLineDash([5 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    ctx.restore();
  };
}

const powers = (u, axis, low, high) => [FLOOR, 1, 10, 100, 1000, 10000].filter((at) => at <= high);

function options(kept, place) {
  const value = (series) => (u, _, __, index) => {
    const at = index ?? u.data[0].length - 1;
    const found = kept.read.values[series][at];
    return found === null || found === undefined ? "not measured" : times(found);
  };
  const axis = { stroke: colour("--ink-3"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const long = kept.read.data[0].at(-1) - kept.read.data[0][0] > 86400;
  return {
    width: place.parentElement.clientWidth,
    height: HEIGHT,
    scales: { y: { distr: 3, range: (u, low, high) => [FLOOR, Math.max(high, 2 * kept.read.factor, 10) * 1.5] } },
    axes: [
      { ...axis, values: (u, splits) => splits.map((at) => (long ? dated : clock).format(at * 1000).replace(/:00$/, "")) },
      { ...axis, size: 52, splits: powers, values: (u, splits) => splits.map((at) => (at <= FLOOR ? "\u2264\u202f0.1\u00d7" : at.toLocaleString("en") + "\u00d7")) },
    ],
    series: [
      { label: "At", value: (u, at, _, index) => (long ? dated : clock).format((at ?? u.data[0].at(-1)) * 1000) },
      { label: `${place.dataset.long} window`, stroke: colour("--data"), width: 1.8, points: { show: false }, value: value(1) },
      { label: `${place.dataset.short} window`, stroke: colour("--accent"), width: 1.8, dash: [6, 2], points: { show: false }, value: value(2) },
    ],
    cursor: { drag: { x: false, y: false }, y: false },
    hooks: { drawClear: [ground(kept)] },
  };
}

async function draw(place) {
  if (!place.closest("details").open) return;
  const uPlot = await library();
  if (!place.isConnected) return;
  const kept = plots.get(place.dataset.burn) ?? {};
  kept.read = read(place);
  if (kept.read.data[0].length === 0) return;
  place.classList.add("drawn");
  if (kept.plot) {
    place.append(kept.plot.root);
    kept.plot.setData(kept.read.data);
  } else {
    kept.plot = new uPlot(options(kept, place), kept.read.data, place);
    plots.set(place.dataset.burn, kept);
  }
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-burn]")) draw(place).catch(() => {}); // then the server's stay
}

document.addEventListener("toggle", drawAll, true);
document.addEventListener("refreshed", drawAll);
addEventListener("resize", () => {
  for (const { plot } of plots.values()) plot.setSize({ width: plot.root.parentElement?.clientWidth || 300, height: HEIGHT });
});
new MutationObserver(() => plots.forEach(({ plot }) => plot.redraw())).observe(document.documentElement, { attributeFilter: ["data-theme"] });
drawAll();
