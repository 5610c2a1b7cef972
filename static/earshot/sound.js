// Sound in the browser: the microphone at 16 kHz, 16-bit samples, playing, and WAV files.
"use strict";

const RATE = 16000;
const LOBES = 24; // zero crossings of the sinc on each side

// Resamples to 16 kHz as blocks come, by a windowed sinc; the delay of half its length is left out.
class Resampler {
  constructor(rate) {
    const gcd = (a, b) => (b ? gcd(b, a % b) : a);
    const common = gcd(rate, RATE);
    [this.up, this.down] = [RATE / common, rate / common];
    const cutoff = 0.94 * Math.min(1, RATE / rate);
    this.half = Math.ceil(LOBES / cutoff);
    this.kernels = Array.from({ length: this.up }, (_, phase) => this.kernel(phase / this.up, cutoff));
    this.waiting = new Float32Array(this.half - 1);
    this.position = 0; // of the next output, in 1 / up of an input sample, from the beginning of `waiting`
  }

  kernel(fraction, cutoff) {
    const taps = Float64Array.from({ length: 2 * this.half }, (_, i) => {
      const x = i - this.half + 1 - fraction;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
      return Math.abs(x) >= this.half ? 0 : sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / this.half));
    });
    const sum = taps.reduce((a, b) => a + b, 0);
    return taps.map((tap) => tap / sum);
  }

  push(block) {
    if (this.up === this.down) return block;
    const input = new Float32Array(this.waiting.length + block.length);
    input.set(this.waiting);
    input.set(block, this.waiting.length);
    const output = [];
    for (;;) {
      const first = Math.floor(this.position / this.up);
      if (first + 2 * this.half > input.length) break;
      const kernel = this.kernels[this.position % this.up];
      let sum = 0;
      for (let i = 0; i < kernel.length; i += 1) sum += kernel[i] * input[first + i];
      output.push(sum);
      this.position += this.down;
    }
    const used = Math.min(Math.floor(this.position / this.up), input.length);
    this.position -= used * this.up;
    this.waiting = input.slice(used);
    return Float32Array.from(output);
  }
}

function pcm16(samples) {
  return Int16Array.from(samples, (x) => Math.max(-32768, Math.min(32767, Math.round(32768 * x))));
}

// The microphone without what telephones do to it; `onSamples` gets 16-bit samples at 16 kHz. Returns what stops it.
async function openMicrophone(workletAddress, onSamples) {
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
  const context = new AudioContext();
  const stop = async () => {
    stream.getTracks().forEach((track) => track.stop());
    await context.close();
  };
  try {
    await context.audioWorklet.addModule(workletAddress);
    const tap = new AudioWorkletNode(context, "tap");
    const silence = new GainNode(context, { gain: 0 });
    const resampler = new Resampler(context.sampleRate);
    tap.port.onmessage = (event) => onSamples(pcm16(resampler.push(event.data)));
    context.createMediaStreamSource(stream).connect(tap).connect(silence).connect(context.destination);
    await context.resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

// Plays 16-bit samples from `from` to `to` seconds; `seconds()` is where it is, null when it has ended.
class Player {
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.source = null;
  }

  play(samples, from, to) {
    this.stop();
    this.context ||= new AudioContext();
    const part = samples.subarray(Math.round(from * RATE), Math.round(to * RATE));
    if (!part.length) return;
    const buffer = this.context.createBuffer(1, part.length, RATE);
    buffer.copyToChannel(Float32Array.from(part, (x) => x / 32768), 0);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    source.onended = () => { if (this.source === source) this.stop(); };
    [this.source, this.from, this.began] = [source, from, this.context.currentTime];
    this.context.resume();
    source.start();
  }

  seconds() {
    return this.source ? this.from + this.context.currentTime - this.began : null;
  }

  stop() {
    const source = this.source;
    this.source = null;
    if (source) {
      source.stop();
      this.onEnd();
    }
  }
}

// A WAV file of 16-bit mono samples at 16 kHz.
function wavOf(samples) {
  const header = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
  const bytes = 2 * samples.length;
  text(0, "RIFF");
  header.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, RATE, true);
  header.setUint32(28, 2 * RATE, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, bytes, true);
  return new Blob([header, samples], { type: "audio/wav" });
}

function saveAs(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
