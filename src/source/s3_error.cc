#include "source/s3_error.h"

#include "tonearm/base/char_set.h"

#include <algorithm>
#include <array>

namespace tonearm::source {
namespace {

/// The text of the first such element that holds nothing but a word.
std::string word_in(std::string_view xml, const std::string& element) {
  const std::string open = '<' + element + '>';
  const std::size_t start = xml.find(open);
  if (start == std::string_view::npos) return {};
  xml.remove_prefix(start + open.size());
  const std::string_view text = xml.substr(0, xml.find("</" + element + '>'));
  constexpr std::size_t longest = 64;
  static constexpr CharSet word_chars = make_char_set(".-");
  const bool is_word = text.size() <= longest && consists_of(word_chars, text);
  return is_word ? std::string(text) : std::string();
}

}  // namespace

S3Refusal parse_s3_refusal(std::string_view body) {
  S3Refusal refusal;
  refusal.code = word_in(body, "Code");
  refusal.region = word_in(body, "Region");
  return refusal;
}

bool refuses_keys(unsigned status, std::string_view code) {
  constexpr std::array<std::string_view, 8> codes{
      "ExpiredToken",          "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId",
      "SignatureDoesNotMatch", "AccessDenied", "InvalidSecurity",      "Forbidden"};
  if (code.empty()) return status == 401 || status == 403;
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

Error error_of_s3(unsigned status, std::string_view code) {
  Error error;
  const bool missing = status == 404 || status == 410;
  error.kind = missing ? ErrorKind::destination_not_found : ErrorKind::origin_refused;
  error.detail = "S3 answered " + std::to_string(status);
  if (!code.empty()) error.detail.append(" ").append(code);
  if (code == "RequestTimeTooSkewed") {
    error.detail += ": this machine's clock differs too much from the server's";
  }
  return error;
}

}  // namespace tonearm::source
