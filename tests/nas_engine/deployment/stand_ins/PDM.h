// Declarations alone of Arduino's library for digital microphones, as far as our sketch uses it.
#pragma once
#include <stddef.h>
struct PdmMicrophone {
  int begin(int channels, int sample_rate_hz);
  int available();
  int read(void* buffer, size_t bytes);
  void onReceive(void (*function)(void));
};
extern PdmMicrophone PDM;
