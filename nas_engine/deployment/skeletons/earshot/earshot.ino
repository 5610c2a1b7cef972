// Arduino: install a library with TensorFlow Lite Micro and name its header here, so that the IDE finds it.
#include <Chirale_TensorFlowLite.h>

#include "src/earshot_classifier.h"
#include "src/earshot_constants.h"

void setup() {
  Serial.begin(115200);
  while (!EarshotBegin()) {
    Serial.println("The network does not start: raise EARSHOT_ARENA_BYTES.");
    delay(1000);
  }
}

void loop() {
  // Fill EarshotInput() with the features of the last window here, as frontend.json says.
  const int8_t* scores = EarshotRun();
  for (int number = 0; scores != nullptr && number < EARSHOT_CLASSES; ++number) {
    Serial.print(earshot_labels[number]);
    Serial.print(' ');
    Serial.println(scores[number]);
  }
  delay(1000);
}
