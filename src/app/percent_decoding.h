#pragma once

#include <string>
#include <string_view>

namespace tonearm::app {

/// `text` with each %XX as the byte it stands for; a % that begins none stays.
std::string percent_decoded(std::string_view text);

}  // namespace tonearm::app
