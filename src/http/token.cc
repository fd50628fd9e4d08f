#include "tonearm/http/token.h"

#include "tonearm/http/char_set.h"

namespace tonearm::http {
namespace {

constexpr CharSet token_chars = make_char_set("!#$%&'*+-.^_`|~");

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && consists_of(token_chars, text); }

}  // namespace tonearm::http
