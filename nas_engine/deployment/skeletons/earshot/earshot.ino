// Arduino: install a library with TensorFlow Lite Micro and name its header here, so that the IDE finds it.
#include <Chirale_TensorFlowLite.h>
// Digital microphone of boards such as the Nano 33 BLE Sense; other boards fill `ring` by their own library.
#include <PDM.h>

#include "src/earshot_classifier.h"
#include "src/earshot_loop.h"

namespace {
// Samples that wait while the network runs, a power of two: an inference may take as long as they last.
constexpr uint32_t kRing = EARSHOT_RING_SAMPLES;
int16_t ring[kRing];
volatile uint32_t written = 0;
uint32_t taken = 0;
earshot_loop listening;

void OnSamples() {  // in an interrupt
  static int16_t piece[256];
  int available = PDM.available();
  if (available > (int)sizeof(piece)) {
    available = sizeof(piece);
  }
  const int count = PDM.read(piece, available) / 2;
  for (int number = 0; number < count; ++number) {
    ring[written % kRing] = piece[number];
    written = written + 1;
  }
}

void Report(const uint8_t* detected) {
  for (int number = 0; number < EARSHOT_CLASSES; ++number) {
    if (detected[number]) {
      Serial.println(earshot_labels[number]);
    }
  }
}
}  // namespace

void setup() {
  Serial.begin(115200);
  while (!EarshotBegin()) {
    Serial.println("The network does not start: raise EARSHOT_ARENA_BYTES.");
    delay(1000);
  }
  earshot_loop_init(&listening);
  PDM.onReceive(OnSamples);
  while (!PDM.begin(1, EARSHOT_SAMPLE_RATE_HZ)) {
    Serial.println("The microphone does not start.");
    delay(1000);
  }
}

void loop() {
  const uint32_t waiting = written - taken;
  if (waiting > kRing) {
    Serial.println("Sound was lost: the network takes longer than the ring of samples lasts.");
    taken = written;
    earshot_loop_init(&listening);  // so that sound from before and after the gap is not one window
    return;
  }
  const uint32_t place = taken % kRing;
  size_t count = waiting < kRing - place ? waiting : kRing - place;
  const int16_t* pcm = ring + place;
  if (earshot_loop_hear(&listening, &pcm, &count)) {
    uint8_t detected[EARSHOT_CLASSES];
    earshot_loop_input(&listening, EarshotInput());
    const int8_t* scores = EarshotRun();
    if (scores != nullptr && earshot_loop_decide(&listening, scores, detected) > 0) {
      Report(detected);
    }
  }
  taken += (uint32_t)(pcm - (ring + place));
}
