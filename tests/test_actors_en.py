"""English sentences that name an actor, and such that only look like it."""

import pytest
from actor_finding import found_actors

NAMED = [
    ("Mothers of conscripts gathered outside the draft office in Kazan.", "soldiers-mothers"),
    ("A dozen wives of reservists wrote to the governor.", "soldiers-relatives"),
    ("Relatives of missing Ukrainian soldiers rallied in Kyiv.", "soldiers-relatives"),
    ("The mothers of young men sent to Bakhmut say no one answers.", "soldiers-mothers"),
    ("Parents of contract soldiers say their sons were tricked.", "soldiers-relatives"),
    ("Conscripts' mothers demand answers.", "soldiers-mothers"),
    ("The servicemen's wives recorded a video appeal.", "soldiers-relatives"),
    ("Soldiers' families have been waiting since May.", "soldiers-relatives"),
    ("Draftees' parents were told to buy boots.", "soldiers-relatives"),
    ("Army wives in Pskov are angry.", "soldiers-relatives"),
    ("Women whose husbands were mobilised in 2022 lined up with candles.", "soldiers-relatives"),
    ("Mothers whose sons are fighting near Kupiansk met the deputy.", "soldiers-mothers"),
    ("Wives whose husbands have been at the front for a year want rotation.", "soldiers-relatives"),
    ("Families of prisoners of war marched through Lviv.", "soldiers-relatives"),
    ("The Council of Mothers and Wives asked for a meeting.", "council-mothers-wives"),
    ("The Council of Wives and Mothers asked for a meeting.", "council-mothers-wives"),
    ("Olga Tsukanova was taken off the train.", "council-mothers-wives"),
    ("The Union of the Committees of Soldiers’ Mothers has received 200 letters.", "union-committees-soldiers-mothers"),
    ("Valentina Melnikova, who heads the union, disagreed.", "union-committees-soldiers-mothers"),
    ("The Soldiers’ Mothers Committee of Dagestan wrote to Moscow.", "committee-soldiers-mothers"),
    ("The Committee of Soldiers' Mothers' letter was ignored.", "committee-soldiers-mothers"),
    (
        ("Activists of the Way Home movement laid flowers at the Kremlin wall. They want mobilised men back."),
        "way-home",
    ),
    ("“The Way Home”, a group of mobilised men’s wives, was named a foreign agent.", "soldiers-relatives way-home"),
    ("The Put Domoi group, run by wives of mobilised soldiers, said it would go on.", "soldiers-relatives way-home"),
    ("Maria Andreeva, whose husband was mobilised, leads The Way Home.", "way-home"),
    ("Lawyers from the Mother's Right Foundation won the case for a dead conscript's parents.", "mothers-right"),
    ("Soldiers’ Mothers of St. Petersburg published a guide for conscripts.", "soldiers-mothers-st-petersburg"),
    ("Ella Polyakova, 79, said that the army had not changed.", "soldiers-mothers-st-petersburg"),
    ("The Committee of Families of Warriors of the Fatherland was set up in 2023.", "families-of-warriors"),
    ("Yulia Belekhova told state television that all was well.", "families-of-warriors"),
    ("The Association of Families of the Defenders of Azovstal called a rally.", "families-azovstal"),
    ("Kateryna Prokopenko spoke in Geneva.", "families-azovstal"),
    ("The Organization of Soldiers’ Mothers of Ukraine held a congress.", "organisation-soldiers-mothers-ukraine"),
    ("A branch of the Mothers of Russia movement knits socks.", "mothers-of-russia"),
    (
        ("Members of the group Mothers of Dagestan were questioned about the mobilisation protest."),
        "other-relatives-group",
    ),
    ("The mothers and grandmothers of conscripts came too.", "soldiers-mothers soldiers-relatives"),
    ("Sisters and wives of the captured marines unrolled a banner.", "soldiers-relatives"),
    ("Russian soldiers and their families are promised flats.", "soldiers-relatives"),
    ("He met relatives of those killed in action.", "soldiers-relatives"),
    ("Families of the fallen soldiers received medals.", "soldiers-relatives"),
    ("Next of kin of the sailors missing from the cruiser Moskva were told nothing.", "soldiers-relatives"),
    ("Mums of squaddies? No: mums of National Guard recruits picketed the base.", "soldiers-mothers"),
    ("The wives of Wagner fighters asked about the money.", "soldiers-relatives"),
    ("Military families at Fort Hood complain of mould.", "soldiers-relatives"),
    ("mothers of the boys who were drafted in September", "soldiers-mothers"),
    ("Bereaved mothers of soldiers held up portraits.", "soldiers-mothers"),
    ("Some parents of soldiers who died in training want an inquiry.", "soldiers-relatives"),
    ("Wives and mothers of mobilized Russians appealed to Putin.", "soldiers-mothers soldiers-relatives"),
    (
        "A group of wives and mothers of mobilised soldiers from Kursk recorded an appeal.",
        "soldiers-mothers soldiers-relatives",
    ),
    ("Relatives of 300 POWs still have no news.", "soldiers-relatives"),
    ("Loved ones of soldiers gathered at the embassy.", "soldiers-relatives"),
    ("Moms of draftees in Dagestan block a highway", "soldiers-mothers"),
    ("Wives of mobilised Russians tell Putin: enough", "soldiers-relatives"),
    (
        ("A year after Putin's call-up, the wives are still waiting. Mobilised men have had no leave."),
        "soldiers-relatives",
    ),
    (
        (
            "The mobilised men were sent to the front after four days. Their wives and mothers "
            "drove to the border to look for them."
        ),
        "soldiers-mothers soldiers-relatives",
    ),
    (
        ("Several dozen women, the wives and mothers of mobilised men, came to the governor's office."),
        "soldiers-mothers soldiers-relatives",
    ),
    (
        (
            "In a video, the relatives of soldiers from the 1439th regiment ask the president to "
            "save their men from being sent to slaughter."
        ),
        "soldiers-relatives",
    ),
    ("Russia: mothers' committee says conscripts sent to Ukraine", "committee-soldiers-mothers"),
    (
        "The Soldiers' Mothers Committee in Tver got 30 letters. The committee forwarded them.",
        "committee-soldiers-mothers",
    ),
    (
        (
            "Union of Committees of Soldiers' Mothers secretary Valentina Melnikova says the "
            "draft is illegal. Melnikova has run the union since 1989."
        ),
        "union-committees-soldiers-mothers",
    ),
    ("The committees of soldiers' mothers across Russia collect such stories.", "committee-soldiers-mothers"),
    (
        "Kyiv's Organisation of Soldiers' Mothers of Ukraine helped the parents of conscripts.",
        "organisation-soldiers-mothers-ukraine soldiers-relatives",
    ),
    ("the families of two soldiers killed near Kherson", "soldiers-relatives"),
    ("Relatives of the crew of the Moskva want answers: the warship sank in April.", "soldiers-relatives"),
    ("families of the 116 men who died aboard the submarine Kursk", "soldiers-relatives"),
    ("Families of the Kursk submariners", "soldiers-relatives"),
    ("Azovstal families ask for a prisoner swap", "soldiers-relatives"),
    ("families of Azovstal defenders", "soldiers-relatives"),
    ("Relatives of captured Azov fighters hold weekly rallies.", "soldiers-relatives"),
    ("Mothers of prisoners of war stood at the Coordination Headquarters.", "soldiers-mothers"),
    ("The Association of Azovstal Defenders' Families said the list was false.", "families-azovstal"),
    ("“Soldiers’ Mothers” activists were turned away.", "soldiers-mothers"),
    ("Russian soldier mothers cry foul", "soldiers-mothers"),
    ("soldiers mothers protest in Moscow", "soldiers-mothers"),
    ("The military wives choir sang.", "soldiers-relatives"),
    (
        (
            "The group Soldiers' Mothers of St Petersburg was once labelled a foreign agent. "
            "Soldiers' Mothers has helped thousands of conscripts."
        ),
        "soldiers-mothers-st-petersburg",
    ),
    (
        "NGO Mother's Right, led by Veronika Marchenko, represents parents of dead soldiers.",
        "mothers-right soldiers-relatives",
    ),
    ("The foundation Mothers’ Right published statistics on army deaths.", "mothers-right"),
    ("Activists from The Way Home were detained near the defence ministry.", "way-home"),
    ("Put’ Domoi called on wives of the mobilised to wear white scarves.", "soldiers-relatives way-home"),
    ("Mothers of Russia, a pro-Kremlin movement, thanked the president.", "mothers-of-russia"),
    (
        ("The pro-government Committee of Families of the Warriors of the Fatherland praised the army."),
        "families-of-warriors",
    ),
    ("Tsukanova was fined. Olga Tsukanova heads the Council of Mothers and Wives.", "council-mothers-wives"),
    (
        ("Council of Mothers and Wives founder Olga Tsukanova was detained; Tsukanova says police took her phone."),
        "council-mothers-wives",
    ),
    ("The Council of Mothers said police had followed its members after the mobilisation.", "council-mothers-wives"),
    ("Families of Israeli soldiers held in Gaza protested.", "soldiers-relatives"),
    ("Some of the conscripts' relatives got a call.", "soldiers-relatives"),
    ("Dozens of reservists' wives in Samara", "soldiers-relatives"),
    ("Protest by women whose sons were taken into the army in the spring", "soldiers-mothers"),
    ("Those whose loved ones are missing at the front gather every Saturday.", "soldiers-relatives"),
    (
        "The Volga Sisters, an association of mobilised men's relatives, was searched.",
        "other-relatives-group soldiers-relatives",
    ),
    ("The group Wives of Heroes asked for rotation for their mobilised husbands.", "other-relatives-group"),
    (
        (
            "VLADIKAVKAZ - About forty women blocked the road to the base on Tuesday. They are "
            "the mothers of young conscripts from the 58th Army. “They promised us a month of "
            "training,” said one. A spokesman for the district denied it."
        ),
        "soldiers-mothers",
    ),
    (
        (
            "Since the autumn a chat called “Return Them” has grown to 9,000 members. All of them"
            " have a husband, a son or a brother among the mobilised. The wives meet on Sundays. "
            "They were told that rotation is not planned."
        ),
        "soldiers-relatives",
    ),
    (
        (
            "The Committee of Soldiers' Mothers was founded in 1989. The committee has offices in"
            " 80 regions. Its Chelyabinsk branch handles hazing."
        ),
        "committee-soldiers-mothers",
    ),
    (
        (
            "Valentina Melnikova of the Union of the Committees of Soldiers' Mothers of Russia "
            "told the agency about calls from parents of conscripts."
        ),
        "soldiers-relatives union-committees-soldiers-mothers",
    ),
    (
        (
            "Women of the Council of Mothers and Wives, which was dissolved in July after it was "
            "declared a foreign agent, are still in touch."
        ),
        "council-mothers-wives",
    ),
    (
        (
            "In Buryatia, families who lost men in Ukraine receive a sheep. The relatives of the "
            "dead soldiers are told to keep quiet."
        ),
        "soldiers-relatives",
    ),
    ("Azovstal defenders' relatives met the Pope", "soldiers-relatives"),
    (
        ("Ukraine's Coordination Headquarters met families of POWs and of those missing in action."),
        "soldiers-relatives",
    ),
    ("One of the soldiers' wives, Natalya, says the men were left without commanders.", "soldiers-relatives"),
    ("“We are mothers of mobilised sons,” the letter begins.", "soldiers-mothers"),
    ("Mothers of soldiers killed in Ukraine were invited to the Kremlin.", "soldiers-mothers"),
    ("Grieving mothers of sailors lost on the Moskva cruiser", "soldiers-mothers"),
]
NOT_NAMED = [
    "The Council of Ministers met on Monday.",
    "Mothers of the Plaza de Mayo walked again; the army keeps silent.",
    "The Council of Fathers inspected the school canteen.",
    "His mother said the soldier had called her.",
    "The soldier's mother asked the commander for the body.",
    "The soldier's family was told nothing.",
    "Relatives of a soldier killed in Syria did not believe the report.",
    "The parents of Private Ivanov sued the ministry.",
    "On the way home, soldiers stopped at a shop.",
    "The Way Home is a film about a dog.",
    "Families of hostages held by Hamas protested near the military headquarters.",
    "Soldiers helped evacuate families with children.",
    "Troops fired at mothers of schoolchildren, witnesses said.",
    "Families of the passengers killed in the plane crash met investigators.",
    "Mothers of children killed by soldiers demand justice.",
    "The general said the army would help families of miners.",
    "A Mother's Day concert was held for soldiers.",
    "The Union of Soldiers and Veterans held its congress.",
    "Mother Heroine titles were awarded by the president, the commander in chief.",
    "Military historians of Mothers of Invention.",
    "Wives of oligarchs shop in Milan while the war goes on.",
    "Police officers and their families were evacuated.",
    "Army spokesman: parents should not worry.",
    "Saturday Mothers were detained by riot police and soldiers.",
    "The families of the victims of the mall shooting spoke.",
    "“Bring our boys home”: inside the chat of 2,000 wives",
    "The parents of one of the conscripts spoke.",
    "the mother of two soldiers",
    "Parents of a 19-year-old conscript sued the army.",
    "The widow of an officer and the mother of a private met by chance.",
    "He went the way home his mother showed him before the army.",
    '"The way home is long," said the wives\' choir leader, a veteran of the war.',
    "Maria Andreeva won the chess title in Sochi.",
    "Mothers of Russia are tired, says the poet.",
    "Residents and their families were evacuated by the army.",
    "The army said the families could return to the villages.",
    "Ukrainian families fled as troops advanced.",
    "Families of fallen firefighters and police",
    "She is a mother of soldiers' rights activism.",
    "Parents, soldiers and teachers planted trees.",
    "Soldiers, wives and children danced at the base.",
    "Mothers march against gun violence; National Guard troops look on",
    "Mothers of Srebrenica: soldiers watched",
    "Argentine mothers search for children taken by soldiers in 1976.",
    "The Committee of Mothers of the Disappeared in El Salvador blames the army.",
    "Wives of striking miners faced soldiers.",
    (
        "KHERSON, Ukraine - Two men were killed when Russian troops shelled a market on "
        "Friday. Their families live across the street. The regional military administration "
        "said that three more people were wounded. Relatives of the dead gathered at the "
        "hospital. Soldiers cordoned off the area."
    ),
    (
        "The army said on Monday it had opened a corridor. Mothers carried their children "
        "past the soldiers. Families waited at the checkpoint for hours, and parents begged "
        "the troops for water."
    ),
    (
        "A conscript was found hanged in his barracks. His mother and sister do not believe "
        "it was suicide. The family's lawyer has asked the military prosecutor for the file. "
        "The mother says her son complained of beatings."
    ),
    (
        "The Council of Mothers at School No. 7 met the district council to discuss lunches. "
        "A veteran of the Afghan war spoke."
    ),
    (
        "In the new film The Way Home, a mother looks for her son. The picture opens on "
        "Friday; its director served in the army."
    ),
    (
        "Relatives of political prisoners gathered outside the court in Minsk. Riot police "
        "and soldiers blocked the street."
    ),
    ("Families of officers killed in the Capitol riot asked for a hearing; the National Guard was mentioned."),
    "Women's council of the garrison held a bake sale. Officers thanked the ladies.",
    "Hamas fighters' families fled. Israeli troops advanced.",
    "The wives of the two ministers attended the parade of troops.",
    "Union of Soldiers, a veterans' group, asked for pensions.",
    "Parents and soldiers alike were moved by the concert.",
    "The families said the soldiers looted their homes.",
    "Mothers fled with their sons as the army advanced.",
    "Relatives of those killed in Mariupol theatre, hit by a Russian bomb, sued.",
    "Russian soldiers killed the parents of three children in Bucha.",
    "The widow of Colonel Petrov spoke to the wives of diplomats.",
    "The committee said the defence budget would rise. Soldiers will get a raise.",
    "Families of murdered women protested by the military court.",
    "The group of mothers from the kindergarten baked pies for soldiers.",
    "The children of a deceased Russian journalist are divided by the war.",
]


@pytest.mark.parametrize(("text", "actors"), NAMED)
def test_actors_of_a_sentence_are_found(text: str, actors: str) -> None:
    assert found_actors("en", "", text) == set(actors.split())


@pytest.mark.parametrize("text", NOT_NAMED)
def test_what_only_looks_like_an_actor_is_left_alone(text: str) -> None:
    assert found_actors("en", "", text) == set()


# A phrase that is an actor, and beside it one built alike that is none.
PAIRS = [
    ("Wives of the second battalion stood outside the headquarters.", "soldiers-relatives"),
    ("Wives of the second shift at the factory went on strike while soldiers watched.", ""),
    ("The mothers of the 4th company wrote to the garrison commander.", "soldiers-mothers"),
    ("The mothers of the 2nd company directors met at an army club.", ""),
    ("Parents of the training company asked the army for clean water.", "soldiers-relatives"),
    ("Families of the insurance company protested. Soldiers watched.", ""),
    ("Wives of the 812th hold one trench and one hope: the brigade will answer.", "soldiers-relatives"),
    ("Families of the 19th century mill owners are buried beside the army museum.", ""),
    ("Families of the men of storm unit 204 have had no news.", "soldiers-relatives"),
    ("Families of the men of the second shift have had no news. The army helps.", ""),
    ("They are wives of men of the autumn call.", "soldiers-relatives"),
    ("They are wives of men of the night watch at the mill. A soldier passed.", ""),
    ("Parents' picket at the draft office: the call-up goes on.", "soldiers-relatives"),
    ("Parents' picket at the school: no lunches, and an army band in the gym.", ""),
    (
        "Fourteen men of the platoon were taken prisoner. The brigade sends no lists. Families were told to wait.",
        "soldiers-relatives",
    ),
    ("Workers were laid off. Families were told to leave the army's flats near the barracks.", ""),
    ("A conscript was found dead in the barracks. His parents were refused a doctor.", "soldiers-relatives"),
    ("A conscript was found dead in the barracks. His mother was refused a doctor.", ""),
    ("The widows' association Quiet Harbour asked the ministry for lists of soldiers.", "other-relatives-group"),
    ("The parents' association Bright Start asked the school for new desks.", ""),
    ("Families of convict recruits have not been paid.", "soldiers-relatives"),
    ("A group of wives from the 14th brigade recorded a video.", "soldiers-relatives"),
    ("A group of wives from the 14th floor thanked the soldiers.", ""),
    ("The 90th regiment's wives recorded a video.", "soldiers-relatives"),
    ("The fire station's wives recorded a video about the army.", ""),
    ("Wives of tank crews and mothers of sailors blame the navy.", "soldiers-mothers soldiers-relatives"),
    ("Wives of film crews and mothers of dancers thank the navy.", ""),
    ("Families of convict labourers have not been paid. The army built the road.", ""),
    ("The football mums of the 2nd team brought oranges; a soldier kept goal.", ""),
    ("Wives of the miners of the second pit blocked the road. Troops were sent.", ""),
]


@pytest.mark.parametrize(("text", "actors"), PAIRS)
def test_units_numbers_and_dealings_in_pairs(text: str, actors: str) -> None:
    assert found_actors("en", "", text) == set(actors.split())


def test_the_number_of_a_regiment_in_a_title_needs_an_army_in_the_text() -> None:
    title = "Letter from the wives of the 812th"
    assert found_actors("en", title, "Our men have held one trench for a year; no brigade relieves them.") == {
        "soldiers-relatives"
    }
    assert found_actors("en", title, "The pub at number 812 has a new cook.") == set()
