#include "tonearm/http/token.h"

namespace tonearm::http {

bool is_token(std::string_view text) { return !text.empty() && consists_of(token_chars, text); }

}  // namespace tonearm::http
