// Stands for cudnn_tests in a build without cuDNN.
#include <cstdio>

int main() {
  std::puts("SKIP: this bauta was built without cuDNN");
  return 77;
}
