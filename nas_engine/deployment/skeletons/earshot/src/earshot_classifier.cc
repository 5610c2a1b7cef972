#include "earshot_classifier.h"

#include "earshot_constants.h"
#include "earshot_network.h"
#include "earshot_operators.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

// Classes are in tflite in older versions and in tflite::micro in newer ones.
namespace tflite {
namespace micro {}
}  // namespace tflite
using namespace tflite;
using namespace tflite::micro;

namespace {
alignas(16) uint8_t arena[EARSHOT_ARENA_BYTES];
MicroInterpreter* interpreter = nullptr;
}  // namespace

bool EarshotBegin() {
  static MicroMutableOpResolver<kEarshotOperatorCount> resolver;
  if (RegisterEarshotOperators(resolver) != kTfLiteOk) {
    return false;
  }
  static MicroInterpreter made(GetModel(earshot_network), resolver, arena, sizeof(arena));
  if (made.AllocateTensors() != kTfLiteOk) {
    return false;
  }
  interpreter = &made;
  return true;
}

int8_t* EarshotInput() { return interpreter->input(0)->data.int8; }

size_t EarshotInputBytes() { return interpreter->input(0)->bytes; }

const int8_t* EarshotRun() {
  if (interpreter->Invoke() != kTfLiteOk) {
    return nullptr;
  }
  return interpreter->output(0)->data.int8;
}
