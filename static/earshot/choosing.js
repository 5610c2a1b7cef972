// Choosing a sound for the page "Try it": the microphone, a file or a clip. Functions of `try.js`, whose state they use.
"use strict";

// The sound that is chosen last is heard: after each wait, whoever has taken a turn asks whether it is the latest.
function takeTurn(words) {
  turn += 1;
  complain("");
  say(words);
  return turn;
}

// What was heard before is dropped from the page. Returns null if another sound was chosen meanwhile.
async function begin(mine, words, live) {
  await stop();
  if (mine !== turn) return null;
  if (hearing && !hearing.abandoned) hearing.forget();
  player.stop();
  say(words);
  const begun = await Hearing.begin(
    { begin: page.dataset.begin }, page.querySelector("[name=csrfmiddlewaretoken]").value, part("settings"),
    Number(page.dataset.pieceSeconds) * RATE, heard, complain,
  );
  if (mine !== turn) {
    begun.forget();
    return null;
  }
  [hearing, isLive, announced] = [begun, live, 0];
  showState();
  return begun;
}

// Of a sound that could not be used, unless another one was chosen meanwhile.
function fail(mine, error, words) {
  if (mine !== turn) return;
  complain(error instanceof Rejected ? error.message : words);
  say("");
  showState();
}

async function run(mine, piece) {
  try {
    await mine.run(piece);
    if (mine === hearing && !isLive && mine.sent === mine.pushed && !mine.outputs.length) {
      complain(`The sound is shorter than one window, ${settings.window_s.toFixed(1)} s, so that it has no scores: put silence around it.`);
    }
  } catch (error) {
    if (mine !== hearing) return;
    complain(error instanceof Rejected ? error.message : `Listening ended: ${error.message}`);
    await stop();
    mine.forget();
  }
  showState();
  drawSoon();
}

async function useMicrophone() {
  if (stopMicrophone) {
    await stop();
    return;
  }
  const mine = takeTurn("");
  microphoneButton.disabled = true;
  let begun = null;
  try {
    begun = await begin(mine, "The network is being loaded; the microphone is on as soon as you allow it.", true);
    if (!begun) return;
    const close = await openMicrophone(page.dataset.tap, (samples) => begun.ended || begun.push(samples));
    if (mine !== turn || begun !== hearing || begun.ended) {
      await close();
      begun.forget();
      return;
    }
    stopMicrophone = close;
    showState();
    run(begun, PIECE);
  } catch (error) {
    begun?.forget();
    const isRefused = error.name === "NotAllowedError";
    fail(mine, error, isRefused ? "The browser does not allow this page to use the microphone: allow it in the address bar, and try again." : `The microphone cannot be used: ${error.message}`);
  } finally {
    microphoneButton.disabled = false;
  }
}

function inSilence(samples) {
  if (!part("silence").checked) return samples;
  const around = Math.ceil(settings.window_s) * RATE;
  const longer = new Int16Array(samples.length + 2 * around);
  longer.set(samples, around);
  return longer;
}

async function useSound(words, address, options) {
  const mine = takeTurn(words);
  const isOver = () => mine !== turn;
  try {
    const samples = await decodedBy(address, options, isOver, complain);
    if (!samples || isOver()) return;
    const begun = await begin(mine, `${words} The network is being loaded.`, false);
    if (!begun) return;
    begun.push(inSilence(samples));
    begun.end();
    run(begun, FILE_PIECE);
  } catch (error) {
    fail(mine, error, `The sound could not be sent: ${error.message}`);
  }
}

function useFile() {
  const [file] = fileInput.files;
  if (!file) return;
  const limit = Number(page.dataset.fileBytes);
  if (file.size > limit) {
    complain(`${file.name} has ${megabytes(file.size)}; the most that is taken here is ${megabytes(limit)}: cut a part out, or convert it to FLAC.`);
    return;
  }
  const headers = { "X-CSRFToken": page.querySelector("[name=csrfmiddlewaretoken]").value, "Content-Type": "application/octet-stream" };
  const address = `${page.dataset.fileAddress}?name=${encodeURIComponent(file.name)}`;
  useSound(`${file.name} is being read.`, address, { method: "POST", headers, body: file });
}

function useClip() {
  const option = part("clip").selectedOptions[0];
  if (option) useSound(`${option.textContent.trim()} is being read.`, option.dataset.address);
}
