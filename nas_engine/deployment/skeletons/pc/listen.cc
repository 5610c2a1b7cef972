// earshot_listen < SOUND: detections in a stream of 16-bit mono samples without a header, such as
//   arecord -q -t raw -f S16_LE -c 1 -r 16000 | build/earshot_listen
// A line for each: seconds at which the last sample of the window was heard, and the class.
#include <cstdio>

#include "earshot_classifier.h"
#include "earshot_loop.h"

int main() {
  static earshot_loop loop;
  int16_t samples[EARSHOT_HOP_SAMPLES];
  uint8_t detected[EARSHOT_CLASSES];
  unsigned long rows = EARSHOT_FRAMES;
  size_t count;
  if (!EarshotBegin() || EarshotInputBytes() != sizeof(loop.rows)) {
    fprintf(stderr, "The network does not start: the arena is too small, or an operator is missing.\n");
    return 1;
  }
  earshot_loop_init(&loop);
  while ((count = fread(samples, sizeof(samples[0]), EARSHOT_HOP_SAMPLES, stdin)) > 0) {
    const int16_t* pcm = samples;
    while (earshot_loop_hear(&loop, &pcm, &count)) {
      earshot_loop_input(&loop, EarshotInput());
      const int8_t* scores = EarshotRun();
      if (scores == nullptr) {
        return 1;
      }
      const double heard = (rows - 1.0) * EARSHOT_HOP_SAMPLES + EARSHOT_WINDOW_SAMPLES;
      rows += EARSHOT_HOP_ROWS;
      earshot_loop_decide(&loop, scores, detected);
      for (int number = 0; number < EARSHOT_CLASSES; ++number) {
        if (detected[number]) {
          printf("%.3f %s\n", heard / EARSHOT_SAMPLE_RATE_HZ, earshot_labels[number]);
          fflush(stdout);
        }
      }
    }
  }
  return 0;
}
