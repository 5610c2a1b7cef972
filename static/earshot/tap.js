// Audio worklet: hands the microphone's sound, mean of its channels, to the page in blocks.
"use strict";

const BLOCK = 2048;

class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
  }

  process([channels]) {
    const length = channels.length ? channels[0].length : 0;
    for (let i = 0; i < length; i += 1) {
      this.block[this.filled] = channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length;
      this.filled += 1;
      if (this.filled === BLOCK) {
        this.port.postMessage(this.block.slice());
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("tap", Tap);
