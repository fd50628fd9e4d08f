#pragma once

#include <string>
#include <string_view>

namespace tonearm::app {

/// `text` as one harmless line for a terminal or a log, whatever a file's name, a catalog, an
/// origin or a client has put into it: control characters become \xNN.
std::string one_line(std::string_view text);

}  // namespace tonearm::app
