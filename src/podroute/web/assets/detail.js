// All about one destination: what is true, why, what has happened, and what a person would type.
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { bits, formatAddress, parseCidr } from "./addresses.js";
import { Copy } from "./copy.js";
import { Badge, STATES } from "./states.js";
import { Entry } from "./timeline.js";
import { plain } from "./text.js";

const LONG = 4000; // characters of a reason
const LATELY = 20; // entries of the timeline
const AGAIN = 1000; // milliseconds before another try where nothing was heard

/** The lines for this destination in this state; asked for again when it changes, or who answers does. */
function useCommands(subject, stamp) {
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    if (!parseCidr(subject)) return undefined;
    const stop = new AbortController();
    let later;
    const ask = () => fetch(`api/v1alpha1/commands?podCIDR=${encodeURIComponent(subject)}`, { signal: stop.signal })
      .then((response) => response.json())
      .then((content) => setAnswer(content))
      .catch(() => {
        if (stop.signal.aborted) return;
        setAnswer({ message: "podroute does not answer." });
        later = setTimeout(ask, AGAIN);
      });
    ask();
    return () => {
      stop.abort();
      clearTimeout(later);
    };
  }, [subject, stamp]);
  return answer;
}

function Typed({ answer }) {
  if (!answer) return null;
  if (!answer.commands) return html`<p class="soft">${plain(answer.message, LONG)}</p>`;
  if (!answer.commands.length) return html`<p class="soft">Nothing: no command mends this, see the reason above; or no router is known.</p>`;
  const text = answer.commands.join("\n");
  return html`
    <div class="commands">
      <pre tabindex="0">${answer.commands.map((line) => html`<code>${plain(line, LONG)}${"\n"}</code>`)}</pre>
      <${Copy} text=${text} />
    </div>`;
}

const Fact = ({ name, children }) => html`<dt>${name}</dt><dd>${children}</dd>`;

function range(subject) {
  const cidr = parseCidr(subject);
  if (!cidr) return null;
  const host = bits(cidr.version) - cidr.prefix;
  const size = host < 20 ? (1 << host).toLocaleString("en") : `2^${host}`;
  return `${formatAddress(cidr.version, cidr.first)} – ${formatAddress(cidr.version, cidr.last)}, ${size} addresses`;
}

function Line({ record }) {
  const { node, internalIPs, nextHop, state, owner, reason, router } = record;
  return html`
    <div class="standing">
      <p><${Badge} state=${state} /></p>
      <p class="soft">${STATES[state]?.means}</p>
      ${reason && html`<p class="why"><bdi>${plain(reason, LONG)}</bdi></p>`}
      <dl>
        <${Fact} name="Node"><bdi>${plain(node, 1000) || "none"}</bdi><//>
        <${Fact} name="InternalIP"><span class="mono">${plain(internalIPs.join(", ")) || "none"}</span><//>
        <${Fact} name="Next hop"><span class="mono">${nextHop ?? "none"}</span><//>
        ${router && html`<${Fact} name="Router">${router}<//>`}
        <${Fact} name="Owner">${owner === "ours" ? "podroute" : owner === "foreign" ? "somebody else" : "nobody: not installed"}<//>
      </dl>
    </div>`;
}

export function Detail({ subject, lines, store, close }) {
  const button = useRef();
  const stamp = [store.reached, ...lines.map(({ record }) => `${record.state} ${record.nextHop} ${record.reason}`)].join();
  const answer = useCommands(subject, stamp);
  const lately = store.timeline.filter((one) => one.subject === subject).slice(0, LATELY);
  const title = subject.startsWith("node/") ? "No podCIDR yet" : subject;
  return html`
    <aside class="detail" aria-label=${`Details of ${plain(title)}`}>
      <div class="title"><h2 class="mono">${plain(title, 60)}</h2>
        <button ref=${button} class="close" onClick=${close} aria-label="Close the details">
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M3.5 3.5l9 9M12.5 3.5l-9 9" /></svg>
        </button></div>
      <p class="soft mono small">${range(subject)}</p>
      ${lines.length ? lines.map(({ record }, place) => html`<${Line} key=${place} record=${record} />`)
        : html`<p class="why">It is gone: no Node has it, and no route leads there.</p>`}
      ${parseCidr(subject) && html`<h3>What you would type</h3><${Typed} answer=${answer} />`}
      <h3>Lately</h3>
      ${lately.length ? html`<ul class="entries">${lately.map((one) => html`<${Entry} one=${one} brief />`)}</ul>`
        : html`<p class="soft">No entry of its own among the latest: what happens to more than ten routes at once is one entry of the timeline.</p>`}
    </aside>`;
}
