#pragma once

#include "tonearm/base/char_set.h"

#include <string_view>

namespace tonearm::http {

/// What a token is made of (RFC 9110 §5.6.2).
inline constexpr CharSet token_chars = make_char_set("!#$%&'*+-.^_`|~");

/// Whether `text` is a token, as names of fields and methods, and the halves of a media type are.
bool is_token(std::string_view text);

}  // namespace tonearm::http
