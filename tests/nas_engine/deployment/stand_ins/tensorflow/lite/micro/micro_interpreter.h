// Declarations alone, as far as our skeletons use them; IN_MICRO puts classes where newer versions have them.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
struct TfLiteTensor {
  union {
    int8_t* int8;
  } data;
  size_t bytes;
};
namespace tflite {
class Model;
const Model* GetModel(const void* buffer);
#ifdef IN_MICRO
namespace micro {
#endif
class MicroInterpreter {
 public:
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena, size_t size);
  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  TfLiteTensor* input(size_t index);
  TfLiteTensor* output(size_t index);
};
#ifdef IN_MICRO
}
#endif
}  // namespace tflite
