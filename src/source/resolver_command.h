#pragma once

#include "tonearm/base/result.h"

#include "source/command_run.h"

#include <string>
#include <string_view>
#include <vector>

namespace tonearm::source {

/// The words of a command with every `{}` in its arguments replaced by `value`. bad_locator for a
/// value that cannot be an argument, or that the program would take for an option: one that begins
/// with '-', where no `--` stands before it.
Result<std::vector<std::string>> fill_command(const std::vector<std::string>& command,
                                              std::string_view value);

/// Text for one line of the log: its lines joined. Other control characters stay; the log escapes
/// them.
std::string joined_lines(std::string_view text);

/// The last that a program said, for one line of the log at any level, as joined_lines(): at most
/// 500 bytes of it, and of URLs the scheme alone.
std::string last_words(std::string_view complaints);

/// Why a run brought no answer. Not for one that exited with 0.
Error failure_of(const CommandResult& result, std::chrono::milliseconds timeout);

}  // namespace tonearm::source
