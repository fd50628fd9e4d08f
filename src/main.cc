#include "app/command_line.h"
#include "app/standard_streams.h"

int main(int argc, char** argv) {
  tonearm::app::keep_standard_numbers();
  return tonearm::app::run_command_line(argc, argv);
}
