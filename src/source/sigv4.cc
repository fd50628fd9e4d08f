#include "source/sigv4.h"

#include "tonearm/base/hmac.h"

#include "source/amz_date.h"

#include <boost/algorithm/hex.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace tonearm::source {
namespace {

using boost::algorithm::hex_lower;

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view service = "s3";
constexpr std::string_view terminator = "aws4_request";

std::string sha256(std::string_view text) {
  std::string digest(32, '\0');
  auto* const into = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_Digest(text.data(), text.size(), into, nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not to be had of OpenSSL");
  }
  return digest;
}

std::string signing_key(const std::string& secret, std::string_view date, std::string_view region) {
  std::string key = "AWS4" + secret;
  for (const std::string_view step : {date, region, service, terminator}) {
    key = hmac_sha256(key, step);
  }
  return key;
}

std::string scope(std::string_view date, std::string_view region) {
  std::string out(date);
  for (const std::string_view part : {region, service, terminator}) out.append("/").append(part);
  return out;
}

/// Leading and trailing blanks away, runs of them one space.
std::string squeezed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string signed_names(const SigningRequest& request) {
  std::vector<std::string_view> names;
  for (const auto& field : request.fields) names.push_back(field.first);
  std::sort(names.begin(), names.end());
  std::string out;
  for (const std::string_view name : names) out.append(out.empty() ? "" : ";").append(name);
  return out;
}

}  // namespace

std::string aws_encode(std::string_view path) {
  return boost::urls::encode(path, boost::urls::unreserved_chars + '/');
}

std::string canonical_request(SigningRequest request) {
  std::sort(request.fields.begin(), request.fields.end());
  std::string out = request.method + '\n' + request.path + '\n' + request.query + '\n';
  for (const auto& [name, value] : request.fields) out += name + ':' + squeezed(value) + '\n';
  return out + '\n' + signed_names(request) + '\n' + request.payload_hash;
}

std::string string_to_sign(const SigningRequest& request, std::string_view region,
                           std::chrono::sys_seconds time) {
  const std::string date = format_amz_date(time);
  std::string out(algorithm);
  out += '\n' + date + '\n' + scope(std::string_view(date).substr(0, 8), region) + '\n';
  return out + hex_lower(sha256(canonical_request(request)));
}

std::string authorization(const SigningRequest& request, const AwsKeys& keys,
                          std::string_view region, std::chrono::sys_seconds time) {
  const std::string date = format_amz_date(time).substr(0, 8);
  const std::string key = signing_key(keys.secret, date, region);
  std::string out(algorithm);
  out += " Credential=" + keys.id + '/' + scope(date, region);
  out += ",SignedHeaders=" + signed_names(request);
  return out + ",Signature=" + hex_lower(hmac_sha256(key, string_to_sign(request, region, time)));
}

}  // namespace tonearm::source
