// Brings sound from the microphone's rate down to a telephone's 8000 samples a second.
//
// Everything above 3.5 kHz is filtered away before samples are dropped; what was left of it would
// come back as noise at a wrong pitch. The filter is a windowed sinc, placed anew for each sample,
// so any rate will do (44100 is no multiple of 8000).

const OUT = 8000;
const CUTOFF = 3500;
const HALF_WIDTH_SECONDS = 0.003;

export class Resampler {
  constructor(rate) {
    this.step = rate / OUT;
    this.half = Math.ceil(rate * HALF_WIDTH_SECONDS);
    this.bend = 2 * Math.PI * CUTOFF / rate;
    this.gain = 2 * CUTOFF / rate;
    this.samples = new Float32Array(this.half); // as if it had been quiet before
    this.position = this.half; // of the next sample out, within this.samples
  }

  // Takes Float32 samples from -1 to 1, gives what they make as Int16 samples.
  push(block) {
    const all = new Float32Array(this.samples.length + block.length);
    all.set(this.samples);
    all.set(block, this.samples.length);
    const out = [];
    while (Math.floor(this.position) + this.half < all.length) {
      out.push(this.at(all, this.position));
      this.position += this.step;
    }
    const done = Math.max(0, Math.floor(this.position) - this.half);
    this.samples = all.slice(done);
    this.position -= done;
    return Int16Array.from(out, (x) => Math.max(-32768, Math.min(32767, Math.round(x * 32767))));
  }

  at(all, position) {
    const first = Math.floor(position) - this.half + 1;
    let sum = 0;
    for (let n = first; n < first + 2 * this.half; n++) {
      const away = n - position;
      const x = this.bend * away;
      const sinc = x === 0 ? 1 : Math.sin(x) / x;
      const window = 0.54 + 0.46 * Math.cos(Math.PI * away / this.half);
      sum += all[n] * sinc * window;
    }
    return sum * this.gain;
  }
}
