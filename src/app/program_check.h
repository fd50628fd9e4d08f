#pragma once

#include <string>

namespace tonearm::app {

/// What keeps a program from being run, looked for as resolvers look for it: a bare name in $PATH.
/// Empty when nothing does. Blocks.
std::string fault_of_program(const std::string& name);

}  // namespace tonearm::app
