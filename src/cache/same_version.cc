#include "cache/same_version.h"

namespace tonearm::cache {

bool is_same_version(const http::Representation& kept, const http::Representation& now) {
  const http::Validators& then = kept.validators;
  if (then.etag != now.validators.etag) return false;
  if (kept.length && now.length && kept.length != now.length) return false;
  if (then.has_strong_etag()) return true;
  if (then.last_modified != now.validators.last_modified || kept.length != now.length) return false;
  if (then.last_modified_is_strong) return true;
  return !kept.single_pass && !now.single_pass && kept.content_type == now.content_type;
}

bool is_described_alike(const http::Representation& one, const http::Representation& other) {
  return one.length == other.length && one.content_type == other.content_type &&
         one.validators == other.validators;
}

}  // namespace tonearm::cache
