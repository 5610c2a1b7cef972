// Declarations alone, as far as our skeletons use them; IN_MICRO puts classes where newer versions have them.
#pragma once
enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };
namespace tflite {
#ifdef IN_MICRO
namespace micro {
#endif
class MicroOpResolver {};
template <unsigned int count>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  TfLiteStatus AddAdd();
  TfLiteStatus AddAveragePool2D();
  TfLiteStatus AddConv2D();
  TfLiteStatus AddDepthwiseConv2D();
  TfLiteStatus AddFullyConnected();
  TfLiteStatus AddMean();
  TfLiteStatus AddSoftmax();
};
#ifdef IN_MICRO
}
#endif
}  // namespace tflite
