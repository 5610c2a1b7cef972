// What every sketch is given, as far as ours uses it.
#pragma once
struct SerialPort {
  void begin(unsigned long rate);
  void print(const char* text);
  void print(char text);
  void println(const char* text);
  void println(int number);
};
extern SerialPort Serial;
void delay(unsigned long milliseconds);
