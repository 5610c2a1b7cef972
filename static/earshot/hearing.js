// Sound to scores, piece by piece, and what was heard so far: samples, frames, outputs. Nothing here draws.
"use strict";

const PIECE = RATE / 2; // samples, half a second
const FILE_PIECE = 2 * RATE;
const RETRY_MS = 1000;

class Rejected extends Error {} // its message is a sentence for the person

async function answerOf(response) {
  if (response.ok) return response;
  let message = `The server answered ${response.status}: load the page again.`;
  if ((response.headers.get("Content-Type") || "").includes("json")) ({ message } = await response.json());
  throw Object.assign(new Rejected(message), { status: response.status });
}

// What `ask` answers, which is called again while the server is busy, and while it is away if there are words for that.
// Null once the answer is of no use. Throws Rejected.
async function patiently(ask, isOver, onTrouble, awayWords) {
  for (;;) {
    try {
      const answer = await ask();
      if (isOver()) return null;
      onTrouble("");
      return answer;
    } catch (error) {
      if (isOver()) return null;
      const isAway = error instanceof TypeError && Boolean(awayWords);
      if (!isAway && error.status !== 503) throw error;
      onTrouble(isAway ? awayWords : error.message);
      await new Promise((go) => { setTimeout(go, RETRY_MS); });
      if (isOver()) return null;
    }
  }
}

// One listening: samples are pushed, sent in order and answered; a piece is sent again while the server is away.
class Hearing {
  constructor(addresses, token, pieceLimit, onHeard, onTrouble) {
    Object.assign(this, { addresses, token, pieceLimit, onHeard, onTrouble, abandoned: false });
    [this.chunks, this.pushed, this.sent] = [[], 0, 0];
    [this.frames, this.outputs, this.timesMs, this.saturated] = [[], [], [], 0];
    this.arrivals = []; // [samples pushed, when], to say how long scores take
    this.ended = false;
  }

  static async begin(addresses, token, form, pieceLimit, onHeard, onTrouble) {
    const headers = { "X-CSRFToken": token };
    const response = await answerOf(await fetch(addresses.begin, { method: "POST", headers, body: new FormData(form) }));
    const begun = (await response.json()).token;
    const piece = `${addresses.begin}${begun}/`;
    return new Hearing({ piece, end: `${piece}end/` }, token, pieceLimit, onHeard, onTrouble);
  }

  push(samples) {
    if (!samples.length) return;
    this.chunks.push(samples);
    this.pushed += samples.length;
    this.arrivals.push([this.pushed, performance.now()]);
  }

  samples(from = 0, to = this.pushed) {
    const found = new Int16Array(to - from);
    let at = 0;
    for (const chunk of this.chunks) {
      const [start, end] = [Math.max(from, at), Math.min(to, at + chunk.length)];
      if (start < end) found.set(chunk.subarray(start - at, end - at), start - from);
      at += chunk.length;
    }
    return found;
  }

  get seconds() {
    return this.pushed / RATE;
  }

  // Sends what was pushed until `end` is called and all of it is answered. Throws Rejected.
  async run(piece) {
    while (!this.abandoned && (!this.ended || this.sent < this.pushed)) {
      const waiting = this.pushed - this.sent;
      if (waiting < piece && !this.ended) {
        await new Promise((go) => { setTimeout(go, 20); });
        continue;
      }
      // One that falls behind sends longer pieces.
      const length = Math.min(waiting, waiting > 4 * piece ? this.pieceLimit : piece);
      await this.send(this.samples(this.sent, this.sent + length));
    }
    if (!this.abandoned) this.forget();
  }

  async send(samples) {
    const [start, headers] = [this.sent, { "X-CSRFToken": this.token, "Content-Type": "application/octet-stream" }];
    const ask = async () => {
      const response = await fetch(`${this.addresses.piece}?start=${start}`, { method: "POST", headers, body: samples });
      return (await answerOf(response)).json();
    };
    const awayWords = "The server does not respond. The sound is kept here and sent again.";
    const answer = await patiently(ask, () => this.abandoned, this.onTrouble, awayWords);
    if (answer) this.take(answer, start + samples.length);
  }

  take(answer, end) {
    this.sent = end;
    const bytes = Uint8Array.from(atob(answer.frames), (letter) => letter.charCodeAt(0));
    this.frames.push(bytes);
    answer.outputs.forEach((row, i) => {
      this.outputs.push(row);
      this.timesMs.push(Math.round(1000 * (answer.first_s + i * answer.hop_s)));
    });
    this.saturated += answer.saturated;
    let arrived = null;
    while (this.arrivals.length && this.arrivals[0][0] <= end) arrived = this.arrivals.shift()[1];
    this.onHeard(arrived === null ? null : (performance.now() - arrived) / 1000);
  }

  end() {
    this.ended = true;
  }

  // Ends it for the server too; also while the page is being closed.
  forget() {
    [this.ended, this.abandoned] = [true, true];
    fetch(this.addresses.end, { method: "POST", headers: { "X-CSRFToken": this.token }, keepalive: true }).catch(() => {});
  }
}

// 16-bit samples at 16 kHz of a file or of a clip of the data set, as the server decodes them; null once another sound
// was chosen. Throws Rejected.
function decodedBy(address, options, isOver, onTrouble) {
  const ask = async () => new Int16Array(await (await answerOf(await fetch(address, options))).arrayBuffer());
  return patiently(ask, isOver, onTrouble);
}
