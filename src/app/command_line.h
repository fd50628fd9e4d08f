#pragma once

namespace tonearm::app {

/// The program: reads the arguments, runs the command, and returns the exit status (0 done, 1 the
/// work failed, 2 bad arguments or configuration). Errors are one line on stderr.
int run_command_line(int argc, const char* const* argv);

}  // namespace tonearm::app
