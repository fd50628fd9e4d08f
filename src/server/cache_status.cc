#include "server/cache_status.h"

namespace tonearm::server {

using State = source::CacheUse::State;

std::string cache_status(const source::CacheUse& use) {
  std::string text = "tonearm";
  if (use.state == State::hit && use.revalidated) {
    text += "; fwd=stale; fwd-status=304";
  } else if (use.state == State::hit && !use.outdated) {
    text += "; hit";
  } else {
    text += use.outdated                  ? "; fwd=stale"
            : use.state == State::partial ? "; fwd=partial"
                                          : "; fwd=miss";
    if (use.collapsed) text += "; collapsed";
  }
  if (use.stale) text += "; detail=stale-if-error";
  return text;
}

std::string_view cache_state(const source::CacheUse& use) {
  switch (use.state) {
    case State::hit:
      return "hit";
    case State::partial:
      return "partial";
    case State::none:
    case State::miss:
      break;
  }
  return "miss";
}

}  // namespace tonearm::server
