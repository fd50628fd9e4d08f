#include "server/cache_status.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::server {
namespace {

using source::CacheUse;
using State = CacheUse::State;

TEST(CacheStatusTest, SaysWhyTheOriginWasAsked) {
  struct Row {
    CacheUse use;
    std::string text;
  };
  CacheUse revalidated{State::hit};
  revalidated.revalidated = true;
  CacheUse outdated{State::miss};
  outdated.outdated = true;
  CacheUse told_again{State::hit};  // by the answer to somebody else
  told_again.outdated = true;
  CacheUse stale{State::hit};
  stale.stale = true;
  CacheUse collapsed{State::miss};
  collapsed.collapsed = true;
  const Row rows[] = {{{State::none}, "tonearm; fwd=miss"},
                      {{State::miss}, "tonearm; fwd=miss"},
                      {{State::partial}, "tonearm; fwd=partial"},
                      {{State::hit}, "tonearm; hit"},
                      {revalidated, "tonearm; fwd=stale; fwd-status=304"},
                      {outdated, "tonearm; fwd=stale"},
                      {told_again, "tonearm; fwd=stale"},
                      {stale, "tonearm; hit; detail=stale-if-error"},
                      {collapsed, "tonearm; fwd=miss; collapsed"}};
  for (const Row& row : rows) EXPECT_EQ(cache_status(row.use), row.text);
}

}  // namespace
}  // namespace tonearm::server
