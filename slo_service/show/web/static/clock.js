// Rewrites times in the reader's zone and language; the UTC that the server wrote stays in the title.
const forms = {
  hm: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  hms: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  day: { day: "numeric", month: "short" },
  dhm: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  full: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
};
const written = Object.fromEntries(
  Object.entries(forms).map(([name, form]) => [name, new Intl.DateTimeFormat("en-GB", form)]),
);

export function localise(within) {
  const now = document.querySelector("#now time"); // the service's clock, not the reader's
  const present = now ? new Date(now.dateTime) : new Date();
  const today = present.toDateString();
  for (const mark of within.querySelectorAll("time[datetime], text[data-t]")) {
    const at = mark.dataset.t ? new Date(Number(mark.dataset.t)) : new Date(mark.dateTime);
    const isToday = at.toDateString() === today;
    const auto = isToday ? "hm" : "dhm";
    const fine = Math.abs(present - at) < 3600_000 ? "hms" : auto;
    const relative = { auto, fine, brief: isToday ? "hm" : "day" };
    const form = relative[mark.dataset.f] || mark.dataset.f;
    if (mark.dateTime && !mark.title) mark.title = at.toISOString().slice(0, 19).replace("T", " ") + " UTC";
    if (written[form]) mark.textContent = written[form].format(at).replaceAll(",", "");
  }
  const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" })
    .formatToParts(new Date())
    .find((part) => part.type === "timeZoneName");
  for (const mark of within.querySelectorAll("[data-zone]")) mark.textContent = zone ? zone.value : "local time";
}
