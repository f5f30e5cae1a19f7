// What has happened, and how long it took.
import { html, useEffect, useMemo, useRef } from "./vendor/htm-preact.js";
import { clock, duration, minute, number, plain, quantile } from "./text.js";
import { colours } from "./states.js";

const KINDS = {
  created: "InSync", replaced: "InSync", adopted: "InSync", deleted: "Stale", failed: "Missing", held: "Blocked",
  drift: "WrongNextHop", foreign: "Foreign", duplicate: "Blocked", refused: "Blocked", quota: "Stale",
  node: "Pending", leader: "Unknown", read: "Unknown",
};
const STEPS = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

/** One line of what has happened. */
export const Entry = ({ one, brief, choose }) => html`
  <li class="entry">
    <time datetime=${one.time}>${clock(new Date(one.time))}</time>
    <span class="kind" data-state=${KINDS[one.kind] ?? "Unknown"}>${one.kind}</span>
    ${!brief && html`<span class="about">${one.subject && choose
      ? html`<button class="link mono" onClick=${() => choose(one.subject)}>${plain(one.subject, 60)}</button>`
      : html`<span class="mono">${plain(one.subject, 60)}</span>`}
      <bdi class="name">${plain(one.node, 80)}</bdi></span>`}
    <span class="words"><bdi>${plain(one.message, brief ? 1000 : 400)}</bdi></span>
    <span class="took">${duration(one.seconds)}</span>
  </li>`;

/** Points on logarithmic seconds, drawn anew for another width, theme or list. */
function Plot({ timed, revision }) {
  const place = useRef();
  const chart = useRef(null);
  const data = useMemo(() => {
    const rising = timed.toReversed();
    return [rising.map((one) => Date.parse(one.time) / 1000), rising.map((one) => Math.max(1e-5, one.seconds))];
  }, [revision, timed]);
  useEffect(() => {
    const draw = () => {
      chart.current?.destroy();
      chart.current = new window.uPlot(options(place.current.clientWidth), data, place.current);
    };
    const resize = new ResizeObserver(() => {
      const width = place.current?.clientWidth;
      if (width && chart.current && chart.current.width !== width) chart.current.setSize({ width, height: 190 });
    });
    draw();
    resize.observe(place.current);
    addEventListener("podroute-theme", draw);
    return () => {
      removeEventListener("podroute-theme", draw);
      resize.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [data]);
  return html`<div class="plot" ref=${place} role="img" aria-label="Seconds from cause to read-back, over time; the list below has the numbers"></div>`;
}

function options(width) {
  const { soft, line, accent } = colours();
  const axis = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui, sans-serif" };
  return {
    width: Math.max(200, width), height: 190, legend: { show: false },
    cursor: { points: { size: 9 }, drag: { x: true, y: false } },
    scales: { x: { time: true }, y: { distr: 3, log: 10 } },
    axes: [
      { ...axis, values: (_, splits) => splits.map((one) => minute(one * 1000)) },
      { ...axis, size: 74, splits: (_, __, low, high) => STEPS.filter((one) => one >= low / 1.01 && one <= high * 1.01),
        filter: (_, splits) => splits, values: (_, splits) => splits.map((one) => (one == null ? "" : duration(one))) },
    ],
    series: [{}, { stroke: accent, width: 0, paths: () => null, points: { show: true, size: 7, fill: accent, stroke: accent } }],
  };
}

const Figure = ({ name, value }) => html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`;

/** Who only looks knows less than who leads. */
function Looker({ status: { leads, lastRead } }) {
  if (leads) return null;
  return html`<p class="soft looker">${lastRead
    ? "Nobody leads here: this is what has changed between two looks at Nodes and router. "
      + "Which changes have failed, and how long each took, is on the page of the controller that leads."
    : "No router is read here: what becomes of the routes is on the page of the controller that leads."}</p>`;
}

export function Timeline({ store, revision, choose }) {
  const { timeline, status } = store;
  const timed = useMemo(() => timeline.filter((one) => one.seconds != null), [timeline]);
  const seconds = useMemo(() => timed.map((one) => one.seconds).sort((a, b) => a - b), [timed]);
  if (!timeline.length) {
    return html`<div class="timeline" tabindex="0" data-home="">
      <${Looker} status=${status} /><p class="nothing">Nothing has changed since podroute looks here.</p></div>`;
  }
  return html`
    <div class="timeline" tabindex="0" data-home="">
      <${Looker} status=${status} />
      ${timed.length > 0 && html`
        <div class="latency">
          <div><h2>From cause to read-back</h2>
            <p class="soft">From the Node's event, or from the discovery of a drift, until the route was seen at the router.</p>
            <dl class="facts">
              <${Figure} name="Median" value=${duration(quantile(seconds, 0.5))} />
              <${Figure} name="99 %" value=${duration(quantile(seconds, 0.99))} />
              <${Figure} name="Longest" value=${duration(seconds.at(-1))} />
              <${Figure} name="Entries" value=${number(seconds.length)} />
            </dl></div>
          <${Plot} timed=${timed} revision=${timed.length} />
        </div>`}
      <ul class="entries full">${timeline.map((one) => html`<${Entry} one=${one} choose=${choose} />`)}</ul>
    </div>`;
}
